/** Ids of the store and the model of the server of the scale lines. */
export const STORE_ID = '01K0000000000000000000000S';
export const MODEL_ID = '01K0000000000000000000000M';

FROM node:20-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-slim
ENV NODE_ENV=production \
    GATEHOUSE_HTTP_ADDR=0.0.0.0:8480 \
    GATEHOUSE_GRPC_ADDR=0.0.0.0:8481 \
    GATEHOUSE_ADMIN_ADDR=0.0.0.0:8482 \
    GATEHOUSE_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE README.md CHANGELOG.md ./
COPY proto ./proto
COPY models ./models
COPY policies ./policies
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8480 8481 8482
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8482/readyz').then((answer) => process.exit(Number(!answer.ok)), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["serve"]

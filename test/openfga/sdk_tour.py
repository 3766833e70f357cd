"""Takes the tour with OpenFGA's Python SDK: steps as JSON on standard input, what each came to as a line of JSON on standard output."""

import json
import sys

from openfga_sdk.client import ClientConfiguration
from openfga_sdk.client.models import (
    ClientAssertion,
    ClientBatchCheckItem,
    ClientBatchCheckRequest,
    ClientCheckRequest,
    ClientExpandRequest,
    ClientListObjectsRequest,
    ClientListRelationsRequest,
    ClientReadChangesRequest,
    ClientTuple,
    ClientWriteRequest,
    WriteTransactionOpts,
)
from openfga_sdk.client.models.list_users_request import ClientListUsersRequest
from openfga_sdk.client.models.write_conflict_opts import (
    ClientWriteRequestOnDuplicateWrites,
    ClientWriteRequestOnMissingDeletes,
    ConflictOptions,
)
from openfga_sdk.credentials import CredentialConfiguration, Credentials
from openfga_sdk.exceptions import (
    ApiException,
    NotFoundException,
    UnauthorizedException,
    ValidationException,
)
from openfga_sdk.models import (
    FgaObject,
    ReadRequestTupleKey,
    RelationshipCondition,
    UserTypeFilter,
)
from openfga_sdk.sync import OpenFgaClient

WRONG_KEY = "ghk_nobody000000_" + "A" * 43


def tuple_text(key):
    condition = getattr(key, "condition", None)
    suffix = f" with {condition.name}" if condition else ""
    return f"{key.object}#{key.relation}@{key.user}{suffix}"


def change_text(change):
    operation = getattr(change.operation, "value", change.operation)
    verb = "write" if operation == "TUPLE_OPERATION_WRITE" else "delete"
    return f"{verb} {tuple_text(change.tuple_key)}"


def user_text(user):
    if user.object:
        return f"{user.object.type}:{user.object.id}"
    if user.userset:
        return f"{user.userset.type}:{user.userset.id}#{user.userset.relation}"
    return f"{user.wildcard.type}:*"


def tuples_of(keys):
    def one(key):
        condition = key.get("condition")
        made = RelationshipCondition(**condition) if condition else None
        return ClientTuple(key["user"], key["relation"], key["object"], made)

    return [one(key) for key in keys or []]


def check_of(args):
    request = ClientCheckRequest(args["user"], args["relation"], args["object"], context=args.get("context"))
    if args.get("contextual_tuples"):
        request.contextual_tuples = tuples_of(args["contextual_tuples"])
    return request


class Tour:
    def __init__(self, api_url, key):
        self.api_url = api_url
        self.key = key
        self.store_id = None
        self.model_id = None

    def take(self, step):
        key = self.key
        if step.get("without_key"):
            key = None
        elif step.get("with_key"):
            key = WRONG_KEY
        credentials = (
            Credentials(method="api_token", configuration=CredentialConfiguration(api_token=key)) if key else None
        )
        configuration = ClientConfiguration(
            api_url=self.api_url,
            store_id=self.store_id,
            authorization_model_id=self.model_id,
            credentials=credentials,
        )
        with OpenFgaClient(configuration) as client:
            try:
                return getattr(self, step["call"])(client, step.get("with") or {})
            except ApiException as error:
                return self.failure(error)

    @staticmethod
    def failure(error):
        kinds = [
            (UnauthorizedException, "authentication"),
            (NotFoundException, "not_found"),
            (ValidationException, "validation"),
        ]
        kind = next((name for cls, name in kinds if isinstance(error, cls)), type(error).__name__)
        return {"error": kind, "status": error.status, "code": error.code}

    def create_store(self, client, args):
        made = client.create_store(args)
        self.store_id = made.id
        return {"name": made.name}

    def get_store(self, client, args):
        return {"name": client.get_store().name}

    def list_stores(self, client, args):
        token = None
        while True:
            page = client.list_stores({"continuation_token": token} if token else {})
            if any(store.id == self.store_id for store in page.stores):
                return {"found": True}
            token = page.continuation_token
            if not token:
                return {"found": False}

    def delete_store(self, client, args):
        client.delete_store()
        return {}

    def write_model(self, client, args):
        self.model_id = client.write_authorization_model(args).authorization_model_id
        return {}

    def read_model(self, client, args):
        model = client.read_authorization_model().authorization_model
        return {"schema_version": model.schema_version, "types": [one.type for one in model.type_definitions]}

    def read_latest_model(self, client, args):
        return {"is_latest": client.read_latest_authorization_model().authorization_model.id == self.model_id}

    def read_models(self, client, args):
        return {"count": len(client.read_authorization_models().authorization_models)}

    def write(self, client, args):
        on_duplicate, on_missing = args.get("on_duplicate"), args.get("on_missing")
        conflict = ConflictOptions(
            ClientWriteRequestOnDuplicateWrites(on_duplicate) if on_duplicate else None,
            ClientWriteRequestOnMissingDeletes(on_missing) if on_missing else None,
        )
        body = ClientWriteRequest(tuples_of(args.get("writes")), tuples_of(args.get("deletes")))
        client.write(body, {"conflict": conflict})
        return {}

    def write_apart(self, client, args):
        body = ClientWriteRequest(tuples_of(args.get("writes")), tuples_of(args.get("deletes")))
        made = client.write(body, {"transaction": WriteTransactionOpts(disabled=True)})
        word = {True: "success", False: "failure"}
        return {
            "written": {one.tuple_key.relation: word[one.success] for one in made.writes or []},
            "deleted": {one.tuple_key.relation: word[one.success] for one in made.deletes or []},
        }

    def read(self, client, args):
        page = client.read(ReadRequestTupleKey(**args))
        return {"tuples": sorted(tuple_text(one.key) for one in page.tuples), "more": page.continuation_token != ""}

    def read_in_pages(self, client, args):
        pages, token = [], None
        while token != "":
            options = {"page_size": args["page_size"], **({"continuation_token": token} if token else {})}
            page = client.read(ReadRequestTupleKey(), options)
            pages.append(len(page.tuples))
            token = page.continuation_token
        return {"pages": pages}

    def check(self, client, args):
        options = {"consistency": args["consistency"]} if "consistency" in args else None
        return {"allowed": client.check(check_of(args), options).allowed}

    def check_with_model(self, client, args):
        request = ClientCheckRequest("user:anne", "owner", "document:roadmap")
        return {"allowed": client.check(request, {"authorization_model_id": args["model"]}).allowed}

    def client_batch_check(self, client, args):
        answers = client.client_batch_check([check_of(one) for one in args["checks"]])
        return {answer.request.user: answer.allowed for answer in answers}

    def batch_check(self, client, args):
        body = ClientBatchCheckRequest([ClientBatchCheckItem(**one) for one in args["checks"]])
        answers = client.batch_check(body).result

        def came_to(answer):
            if not answer.error:
                return answer.allowed
            return getattr(answer.error.input_error, "value", answer.error.input_error)

        return {answer.correlation_id: came_to(answer) for answer in answers}

    def list_objects(self, client, args):
        return {"objects": sorted(client.list_objects(ClientListObjectsRequest(**args)).objects)}

    def streamed_list_objects(self, client, args):
        return {"objects": sorted(one.object for one in client.streamed_list_objects(ClientListObjectsRequest(**args)))}

    def list_users(self, client, args):
        type_name, _, object_id = args["object"].partition(":")
        filter_type, _, named = args["filter"].partition("#")
        body = ClientListUsersRequest(
            object=FgaObject(type=type_name, id=object_id),
            relation=args["relation"],
            user_filters=[UserTypeFilter(type=filter_type, relation=named) if named else UserTypeFilter(type=filter_type)],
            context=args.get("context"),
        )
        return {"users": sorted(user_text(one) for one in client.list_users(body).users)}

    def expand(self, client, args):
        root = client.expand(ClientExpandRequest(args["relation"], args["object"])).tree.root
        return {"name": root.name, "users": root.leaf.users.users}

    def list_relations(self, client, args):
        return {"relations": sorted(client.list_relations(ClientListRelationsRequest(args["user"], args["relations"], args["object"])))}

    def read_changes(self, client, args):
        options = {"page_size": args["page_size"]} if "page_size" in args else None
        page = client.read_changes(ClientReadChangesRequest(args.get("type", ""), args.get("start_time")), options)
        return {"changes": [change_text(one) for one in page.changes]}

    def read_changes_to_the_end(self, client, args):
        changes, token = [], None
        while True:
            options = {"continuation_token": token} if token else None
            page = client.read_changes(ClientReadChangesRequest(args.get("type", "")), options)
            if not page.changes:
                return {"changes": changes, "again": []}
            changes += [change_text(one) for one in page.changes]
            token = page.continuation_token

    def write_assertions(self, client, args):
        client.write_assertions([ClientAssertion(**one) for one in args["assertions"]])
        return {}

    def read_assertions(self, client, args):
        assertions = client.read_assertions().assertions
        return {"assertions": [f"{tuple_text(one.tuple_key)} {json.dumps(one.expectation)}" for one in assertions]}


def main():
    given = json.load(sys.stdin)
    tour = Tour(given["api_url"], given.get("key"))
    for step in given["steps"]:
        try:
            came_to = tour.take(step)
        except Exception as error:
            came_to = {"raised": f"{type(error).__name__}: {error}"}
        print(json.dumps(came_to), flush=True)


main()

"""The part of the table of routes that is about accounts as a whole."""

from feedline.api.leaving import (
    AccountAnswer,
    AccountChange,
    AccountsAnswer,
    AccountsQuery,
    Farewell,
    Leaving,
    PasswordChange,
)
from feedline.api.operation import Operation


def leaving_operations(leaving: Leaving) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/me/export",
            name="export",
            summary="Everything that one has here, as a zip",
            tag="people",
            handler=leaving.export,
            media_type=b"application/zip",
            codes=("rate_limited",),
        ),
        Operation(
            method="DELETE",
            path="/api/me",
            name="delete_me",
            summary="Delete one's account and all that is in it, for good",
            tag="people",
            handler=leaving.delete_me,
            body=Farewell,
            status=204,
            codes=("forbidden", "rate_limited"),
        ),
        Operation(
            method="PUT",
            path="/api/me/password",
            name="change_password",
            summary="Change one's password; one's other sign-ins end",
            tag="account",
            handler=leaving.change_password,
            body=PasswordChange,
            status=204,
            codes=("forbidden", "rate_limited"),
        ),
        Operation(
            method="GET",
            path="/api/admin/users",
            name="accounts",
            summary="The newest accounts, or those whose username begins so",
            tag="administration",
            handler=leaving.accounts,
            query=AccountsQuery,
            answer=AccountsAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="PATCH",
            path="/api/admin/users/{id}",
            name="change_account",
            summary="Shut somebody out, or let them in again",
            tag="administration",
            handler=leaving.change,
            body=AccountChange,
            answer=AccountAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="DELETE",
            path="/api/admin/users/{id}",
            name="delete_account",
            summary="Delete somebody and all of theirs, for good",
            tag="administration",
            handler=leaving.delete,
            status=204,
            codes=("forbidden",),
        ),
    ]

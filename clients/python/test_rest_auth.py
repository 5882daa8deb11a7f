"""`/auth`: tokens over plain REST."""

import base64
import hashlib
import hmac
import json

import pytest


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("encoding", ["json", "data"])
def test_password_grant_gives_a_token(stack, encoding):
    body = {"grant_type": "password", "username": "alice", "password": "any", "scope": "read write"}
    answer = stack.post("/auth/oauth/token", **{encoding: body}).json()
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 3600
    assert answer["scope"] == "read write"
    header, claims, _ = map(str, answer["access_token"].split("."))
    assert decoded(header)["alg"] == "HS256"
    claims = decoded(claims)
    assert claims["sub"] == "alice"
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["iss"] == stack.env["OIDC_ISSUER"] == f"{stack.url}/auth"


def test_client_credentials_give_a_token_of_the_client(stack):
    body = {"grant_type": "client_credentials", "client_id": "shop"}
    token = stack.post("/auth/oauth/token", json=body).json()["access_token"]
    assert decoded(token.split(".")[1])["sub"] == "shop"


def test_token_is_signed_with_the_configured_secret(start):
    stack = start("auth: {secret: 'shared with the backend'}\n")
    signed, _, signature = stack.token("alice").rpartition(".")
    expected = hmac.digest(b"shared with the backend", signed.encode(), hashlib.sha256)
    assert base64.urlsafe_b64decode(signature + "=") == expected


def test_userinfo_tells_who_holds_the_token(start):
    stack = start("auth: {users: {alice: {claims: {email: a@example.com, roles: [admin]}}}}\n")
    headers = {"Authorization": f"Bearer {stack.token('alice')}"}
    answer = stack.get("/auth/oauth/userinfo", headers=headers).json()
    assert answer["sub"] == "alice"
    assert answer["claims"]["sub"] == "alice"
    assert answer["claims"]["roles"] == ["admin"]
    assert "user" in answer


def test_introspection_says_whether_a_token_is_good(stack):
    token = stack.token("alice", scope="read")
    for encoding in ["json", "data"]:
        answer = stack.post("/auth/oauth/introspect", **{encoding: {"token": token}}).json()
        assert answer["active"] is True
        assert (answer["sub"], answer["scope"]) == ("alice", "read")
        answer = stack.post("/auth/oauth/introspect", **{encoding: {"token": "rubbish"}}).json()
        assert answer == {"active": False}


def test_bad_tokens_are_refused(stack):
    header, claims, signature = stack.token("alice").split(".")
    forged = decoded(claims) | {"sub": "admin"}
    none = encoded({"alg": "none", "typ": "JWT"})
    for token in [
        "",
        "rubbish",
        f"{header}.{encoded(forged)}.{signature}",
        f"{none}.{claims}.",
        f"{none}.{claims}.{signature}",
        f"{encoded({'alg': 'RS256', 'typ': 'JWT'})}.{claims}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}.{signature}x",
    ]:
        headers = {"Authorization": f"Bearer {token}".strip()}
        answer = stack.get("/auth/oauth/userinfo", 401, headers=headers)
        assert answer.json()["error"]
        assert answer.headers["www-authenticate"].startswith("Bearer")
        answer = stack.post("/auth/oauth/introspect", json={"token": token or "x"}).json()
        assert answer == {"active": False}


def test_userinfo_without_a_token_is_refused(stack):
    for headers in [{}, {"Authorization": "Basic abc"}]:
        answer = stack.get("/auth/oauth/userinfo", 401, headers=headers)
        assert answer.json()["error"]
        assert "www-authenticate" in answer.headers


def test_token_dies_with_the_stacks_clock_and_lives_again(stack):
    stack.clock(freeze=True)
    headers = {"Authorization": f"Bearer {stack.token('alice')}"}
    stack.clock(advance="3599s")
    stack.get("/auth/oauth/userinfo", headers=headers)
    stack.clock(advance="1s")
    stack.get("/auth/oauth/userinfo", 401, headers=headers)
    stack.clock(advance="-1s")
    stack.get("/auth/oauth/userinfo", headers=headers)


@pytest.mark.parametrize(
    "body",
    ["{", '{"grant_type": 7}', '{"grant_type": "telepathy"}', "{}", '{"grant_type": "password"}', "[]"],
)
def test_bad_token_request_is_refused(stack, body):
    answer = stack.client.post(
        "/auth/oauth/token", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 401), answer.text
    assert answer.json()["error"]


def test_wrong_method_is_told_the_right_one(stack):
    assert "POST" in stack.get("/auth/oauth/token", 405).headers["allow"]


def test_fork_is_an_issuer_of_its_own_that_knows_its_parents_tokens(stack):
    of_parent = stack.token("alice")
    stack.post("/_efsm/snapshots", 201, json={"name": "a"})
    fork = stack.post("/_efsm/fork", 201, json={}).json()

    def claims(url, token):
        return stack.client.post(f"{url}/auth/oauth/introspect", json={"token": token}).json()

    assert claims(fork["url"], of_parent)["iss"] == f"{stack.url}/auth"
    form = {"grant_type": "password", "username": "bob"}
    of_fork = stack.client.post(f"{fork['url']}/auth/oauth/token", data=form).json()["access_token"]
    assert claims(fork["url"], of_fork)["iss"] == f"{fork['url']}/auth" == fork["env"]["OIDC_ISSUER"]
    # The parent has never heard of the fork.
    assert claims(stack.url, of_fork) == {"active": False}
    stack.client.post(f"{fork['url']}/_efsm/snapshots/a/restore")
    again = stack.client.post(f"{fork['url']}/auth/oauth/token", data=form).json()["access_token"]
    assert claims(fork["url"], again)["iss"] == f"{fork['url']}/auth"

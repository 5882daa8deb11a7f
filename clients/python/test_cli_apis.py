"""`api` and `env` of efsm.yaml: addresses for the APIs that an application calls, under the names that it reads."""

import httpx
import pytest

from stack import Refused


def test_named_api_is_a_mock_with_state(start):
    stack = start("api: [stripe]\n")
    base = stack.env["STRIPE_BASE_URL"]
    assert base == f"{stack.url}/http/stripe"
    created = httpx.post(f"{base}/v1/charges", json={"amount": 100})
    assert created.status_code == 201
    charge = created.json()
    assert httpx.get(f"{base}/v1/charges/{charge['id']}").json()["amount"] == 100
    assert httpx.get(f"{base}/v1/charges").json() == [charge]
    stack.stub("GET", "/stripe/v1/balance", {"jsonBody": {"available": 7}})
    assert httpx.get(f"{base}/v1/balance").json() == {"available": 7}


def test_api_by_url_is_answered_by_the_stubs_of_its_host(start):
    stack = start("api: ['https://api.example.com/v1']\n")
    base = stack.env["API_EXAMPLE_COM_BASE_URL"]
    assert base == f"{stack.url}/http/api.example.com/v1"
    refused = httpx.get(f"{base}/charges")
    assert refused.status_code == 403 and "api.example.com" in refused.json()["error"]
    stack.stub("GET", "/v1/charges", {"jsonBody": []}, host={"equalTo": "api.example.com"}, scheme="https")
    assert httpx.get(f"{base}/charges?limit=1").json() == []
    seen = stack.get("/__admin/requests").json()["requests"][0]["request"]
    assert seen["absoluteUrl"] == "https://api.example.com/v1/charges?limit=1"
    # The stub is for https alone.
    assert httpx.get("http://api.example.com/v1/charges", proxy=stack.url).status_code == 404


def test_own_names_are_given_the_values_of_variables(start):
    stack = start("env:\n  DB_URI: DATABASE_URL\n  DB: '${DATABASE_URL}?x=1'\n")
    assert stack.env["DB_URI"] == stack.env["DATABASE_URL"]
    assert stack.env["DB"] == stack.env["DATABASE_URL"] + "?x=1"
    fork = stack.post("/_efsm/fork", 201, json={}).json()
    assert fork["env"]["DB_URI"] == f"{fork['url']}/db/"


def test_issuer_and_client_are_those_of_the_configuration(start):
    stack = start("auth: {issuer: 'https://id.example', clients: {web: {secret: s}}}\n")
    assert stack.env["OIDC_ISSUER"] == "https://id.example"
    assert (stack.env["OIDC_CLIENT_ID"], stack.env["OIDC_CLIENT_SECRET"]) == ("web", "s")
    claims = stack.post("/auth/oauth/introspect", json={"token": stack.token("alice")}).json()
    assert claims["iss"] == stack.env["OIDC_ISSUER"]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("env: {DB_URI: DATABSE_URL}\n", "DATABSE_URL"),
        ("env: {DB_URI: '${DATABASE_URL'}\n", "DATABASE_URL"),
        ("services: [http]\nenv: {DB_URI: DATABASE_URL}\n", "DATABASE_URL"),
        ("api: ['ftp://x']\n", "ftp://x"),
        ("api: ['a b']\n", "a b"),
        ("api: [stripe, STRIPE]\n", "STRIPE_BASE_URL"),
    ],
)
def test_mistakes_are_told(start, config, told):
    with pytest.raises(Refused) as refused:
        start(config)
    assert refused.value.code == 125 and told in refused.value.stderr

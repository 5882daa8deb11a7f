"""The `wiremock` package, the Python client of WireMock's admin API."""

import httpx
import pytest
from wiremock.client import (
    HttpMethods,
    Mapping,
    MappingRequest,
    MappingResponse,
    Mappings,
    NearMisses,
    NearMissMatchPatternRequest,
    NearMissMatchRequest,
    Requests,
    Scenarios,
)
from wiremock.constants import Config
from wiremock.exceptions import NotFoundException

UNKNOWN = "6f1c1ad4-43c5-4d0a-9a3c-0b6a1d3f0c11"


@pytest.fixture(autouse=True)
def _client(stack, monkeypatch):
    """The package keeps its server in one global."""
    monkeypatch.setattr(Config, "base_url", admin_of(stack))


def admin_of(stack):
    return f"{stack.url.rstrip('/')}/__admin"


def create(url, body, *, method=HttpMethods.GET, priority=None, status=200, scenario=None, **request):
    """Creates a stub; scenario is (name, required state, new state)."""
    name, required, new = scenario or (None, None, None)
    pattern = MappingRequest(method=method, **({"url": url} if url else {}), **request)
    return Mappings.create_mapping(
        Mapping(
            priority=priority,
            request=pattern,
            response=MappingResponse(status=status, body=body),
            scenario_name=name,
            required_scenario_state=required,
            new_scenario_state=new,
        )
    )


def pattern(method=HttpMethods.ANY, **fields):
    return NearMissMatchPatternRequest(method=method, **fields)


def urls(requests):
    return [request.url for request in requests]


# Mappings


def test_created_mapping_answers_and_is_read_by_its_id(stack):
    made = create("/hello", "world", status=203)
    assert made.id
    answer = stack.get("/hello", 203)
    assert answer.text == "world"
    read = Mappings.retrieve_mapping(made.id)
    assert read.id == made.id
    assert read.request.get_json_data() == {"method": "GET", "url": "/hello"}
    assert read.response.get_json_data() == {"status": 203, "body": "world"}


def test_all_mappings_are_listed_newest_first_with_their_total():
    ids = [create(f"/{n}", str(n)).id for n in range(3)]
    listed = Mappings.retrieve_all_mappings()
    assert [mapping.id for mapping in listed.mappings] == ids[::-1]
    assert listed.meta.total == 3
    page = Mappings.retrieve_all_mappings(parameters={"limit": 1, "offset": 1})
    assert [mapping.id for mapping in page.mappings] == [ids[1]]
    assert page.meta.total == 3


def test_updated_mapping_keeps_its_id_and_answers_anew(stack):
    mapping = create("/hello", "before")
    mapping.request.url = "/moved"
    mapping.response.body = "after"
    updated = Mappings.update_mapping(mapping)
    assert updated.id == mapping.id
    assert updated.response.body == "after"
    assert stack.get("/moved").text == "after"
    stack.get("/hello", 404)
    assert Mappings.retrieve_all_mappings().meta.total == 1


def test_deleted_mapping_is_gone_and_others_stay(stack):
    gone, kept = create("/gone", "gone"), create("/kept", "kept")
    Mappings.delete_mapping(gone.id)
    stack.get("/gone", 404)
    assert stack.get("/kept").text == "kept"
    with pytest.raises(NotFoundException):
        Mappings.retrieve_mapping(gone.id)
    assert [mapping.id for mapping in Mappings.retrieve_all_mappings().mappings] == [kept.id]


def test_unknown_id_is_not_found():
    with pytest.raises(NotFoundException):
        Mappings.retrieve_mapping(UNKNOWN)


@pytest.mark.parametrize("clear", [Mappings.delete_all_mappings, Mappings.reset_mappings])
def test_cleared_mappings_no_longer_answer(stack, clear):
    create("/a", "a")
    create("/b", "b")
    clear()
    assert Mappings.retrieve_all_mappings().meta.total == 0
    stack.get("/a", 404)


def test_mappings_are_deleted_by_their_metadata():
    def tagged(url, team):
        return Mappings.create_mapping(
            Mapping(
                request=MappingRequest(method=HttpMethods.GET, url=url),
                response=MappingResponse(status=200),
                metadata={"team": team},
            )
        ).id

    tagged("/a", "red")
    blue = tagged("/b", "blue")
    Mappings.delete_mapping_by_metadata({"matchesJsonPath": "$[?(@.team == 'red')]"})
    left = Mappings.retrieve_all_mappings().mappings
    assert [mapping.id for mapping in left] == [blue]
    assert left[0].metadata == {"team": "blue"}


@pytest.mark.parametrize("order", [(1, 5), (5, 1)])
def test_lower_number_of_priority_wins_in_either_order(stack, order):
    for priority in order:
        if priority == 1:
            create("/api/users", "exact", priority=priority)
        else:
            create(None, "general", url_pattern="/api/.*", priority=priority)
    assert stack.get("/api/users").text == "exact"
    assert stack.get("/api/orders").text == "general"


def test_newest_wins_among_equal_priorities(stack):
    create("/same", "old", priority=3)
    create("/same", "new", priority=3)
    assert stack.get("/same").text == "new"


# Request patterns


def test_url_pattern_sees_path_and_query_whole(stack):
    create(None, "yes", url_pattern=r"/items/\d+\?full=(true|false)")
    assert stack.get("/items/42?full=true").text == "yes"
    for other in ["/items/42", "/items/x?full=true", "/items/42?full=trueish"]:
        stack.get(other, 404)


def test_url_path_pattern_leaves_the_query_to_its_own_patterns(stack):
    create(
        None,
        "yes",
        url_path_pattern="/items/[a-z]+",
        query_parameters={"page": {"matches": "[0-9]+"}, "debug": {"absent": True}},
    )
    assert stack.get("/items/abc?page=7&more=1").text == "yes"
    for other in ["/items/abc", "/items/abc?page=x", "/items/abc?page=7&debug=1", "/items/1?page=7"]:
        stack.get(other, 404)


def test_headers_are_matched_by_name_without_case(stack):
    create(
        "/h",
        "yes",
        headers={
            "X-Tenant": {"equalTo": "ACME", "caseInsensitive": True},
            "Accept": {"contains": "json"},
            "X-Trace": {"doesNotMatch": "off.*"},
        },
    )
    good = {"x-tenant": "acme", "accept": "application/json", "x-trace": "on"}
    assert stack.get("/h", headers=good).text == "yes"
    for bad in [{"x-tenant": "other"}, {"accept": "text/html"}, {"x-trace": "off-1"}]:
        stack.get("/h", 404, headers=good | bad)


def test_basic_credentials_and_cookies_are_matched(stack):
    create(
        "/private",
        "yes",
        basic_auth_credentials={"username": "ann", "password": "s3cret"},
        cookies={"session": {"equalTo": "abc"}},
    )
    cookie = {"cookie": "other=1; session=abc"}
    assert stack.get("/private", auth=("ann", "s3cret"), headers=cookie).text == "yes"
    stack.get("/private", 404, auth=("ann", "wrong"), headers=cookie)
    stack.get("/private", 404, auth=("ann", "s3cret"))


def test_json_body_is_compared_by_value(stack):
    create(
        "/orders",
        "strict",
        method=HttpMethods.POST,
        body_patterns=[{"equalToJson": {"sku": "a", "n": [1, 2]}}],
    )
    assert stack.post("/orders", content='{ "n":[1,2], "sku":"a" }').text == "strict"
    for other in [{"sku": "a", "n": [2, 1]}, {"sku": "a", "n": [1, 2], "x": 1}, {"sku": "b", "n": [1, 2]}]:
        stack.post("/orders", 404, json=other)


def test_json_body_with_order_and_extra_elements_ignored(stack):
    create(
        "/orders",
        "loose",
        method=HttpMethods.POST,
        body_patterns=[
            {
                "equalToJson": '{"sku": "a", "n": [1, 2]}',
                "ignoreArrayOrder": True,
                "ignoreExtraElements": True,
            },
            {"matchesJsonPath": {"expression": "$.buyer.name", "contains": "nn"}},
        ],
    )
    assert stack.post("/orders", json={"n": [2, 1], "sku": "a", "buyer": {"name": "ann"}}).text == "loose"
    stack.post("/orders", 404, json={"n": [2, 1], "sku": "a", "buyer": {"name": "bob"}})
    stack.post("/orders", 404, json={"n": [2, 3], "sku": "a", "buyer": {"name": "ann"}})


# Requests


def test_journal_lists_requests_newest_first(stack):
    create("/known", "yes")
    stack.get("/known?a=1", 404)
    stack.get("/known", headers={"X-A": "b"})
    stack.post("/unknown", 404, content="hello")
    listed = Requests.get_all_received_requests(parameters={})
    assert urls(entry.request for entry in listed.requests) == ["/unknown", "/known", "/known?a=1"]
    assert listed.meta.total == 3
    assert listed.request_journal_disabled is False
    posted, known, _ = listed.requests
    assert (posted.request.method, posted.request.body) == ("POST", "hello")
    assert {name.lower(): value for name, value in known.request.headers.items()}["x-a"] == "b"
    assert known.request.absolute_url == f"{stack.url.rstrip('/')}/known"
    assert known.response_definition.status == 200


def test_journal_is_limited_and_read_by_id(stack):
    for n in range(4):
        stack.get(f"/{n}", 404)
    listed = Requests.get_all_received_requests(limit=2, parameters={})
    assert urls(entry.request for entry in listed.requests) == ["/3", "/2"]
    for entry in listed.requests:
        assert Requests.get_request(entry.id).request.url == entry.request.url
    with pytest.raises(NotFoundException):
        Requests.get_request(UNKNOWN)


def test_matching_requests_are_counted_and_found(stack):
    create("/orders", "made", method=HttpMethods.POST)
    for n in [1, 2, 2]:
        stack.post("/orders", json={"n": n}, headers={"X-N": str(n)})
    stack.get("/orders", 404)

    def expect(count, wanted):
        assert Requests.get_matching_request_count(wanted).count == count
        found = Requests.get_matching_requests(wanted).requests
        assert len(found) == count
        return found

    expect(4, pattern(url="/orders"))
    expect(3, pattern(HttpMethods.POST, url="/orders"))
    expect(2, pattern(HttpMethods.POST, url_pattern="/ord.*", headers={"X-N": {"equalTo": "2"}}))
    (only,) = expect(1, pattern(url_path="/orders", body_patterns=[{"equalToJson": {"n": 1}}]))
    assert only.body == '{"n":1}'
    expect(0, pattern(HttpMethods.DELETE, url="/orders"))


def test_unmatched_requests_are_those_without_a_stub(stack):
    create("/known", "yes")
    stack.get("/known")
    stack.get("/unknown", 404)
    assert urls(Requests.get_unmatched_requests().requests) == ["/unknown"]


def test_reset_journal_is_empty_and_keeps_mappings(stack):
    create("/known", "yes")
    stack.get("/known")
    Requests.reset_request_journal()
    assert Requests.get_all_received_requests(parameters={}).requests == []
    assert Requests.get_matching_request_count(pattern(url="/known")).count == 0
    assert stack.get("/known").text == "yes"


# Near misses


def raw_near_misses(stack, of, body):
    """The stubs of near misses, which the package's model leaves out."""
    return stack.post(f"/__admin/near-misses/{of}", json=body).json()["nearMisses"]


def test_near_misses_of_a_request_name_the_nearest_stub_first(stack):
    near = create("/account", "a", headers={"X-A": {"equalTo": "1"}})
    create("/somewhere/else/entirely", "b", method=HttpMethods.DELETE)
    request = NearMissMatchRequest(
        url="/account",
        absolute_url=f"{stack.url.rstrip('/')}/account",
        method="GET",
        headers={"X-A": "2"},
    )
    misses = NearMisses.find_nearest_misses_by_request(request).near_misses
    distances = [miss.match_result.distance for miss in misses]
    assert distances == sorted(distances)
    assert 0 < distances[0] < 1
    assert misses[0].request.url == "/account"
    first = raw_near_misses(stack, "request", request.get_json_data())[0]
    assert first["stubMapping"]["id"] == near.id


def test_near_misses_of_a_pattern_name_the_nearest_request_first(stack):
    stack.get("/accounts", 404)
    stack.post("/far/away/from/it", 404)
    wanted = pattern(HttpMethods.GET, url="/account")
    misses = NearMisses.find_nearest_misses_by_request_pattern(wanted).near_misses
    assert urls(miss.request for miss in misses) == ["/accounts", "/far/away/from/it"]
    assert misses[0].request_pattern.url == "/account"
    assert 0 < misses[0].match_result.distance < misses[1].match_result.distance


def test_near_misses_of_unmatched_requests(stack):
    create("/known", "yes")
    stack.get("/known")
    stack.get("/knowm", 404)
    misses = Requests.get_unmatched_requests_near_misses().near_misses
    assert urls(miss.request for miss in misses) == ["/knowm"]
    assert 0 < misses[0].match_result.distance < 1


# Scenarios


def door():
    """A door that is closed, can be opened and be closed again."""
    create("/door", "closed", scenario=("door", "Started", None))
    create("/door", "open", scenario=("door", "open", None))
    create("/door/open", "", method=HttpMethods.POST, scenario=("door", "Started", "open"))
    create("/door/close", "", method=HttpMethods.POST, scenario=("door", "open", "Started"))


def states(stack):
    """The package resets scenarios and does not list them."""
    return {s["name"]: s["state"] for s in stack.get("/__admin/scenarios").json()["scenarios"]}


def test_scenario_moves_between_its_states(stack):
    door()
    assert states(stack) == {"door": "Started"}
    assert stack.get("/door").text == "closed"
    stack.post("/door/close", 404)
    stack.post("/door/open")
    assert stack.get("/door").text == "open"
    assert states(stack) == {"door": "open"}
    stack.post("/door/open", 404)
    stack.post("/door/close")
    assert stack.get("/door").text == "closed"


def test_reset_scenarios_start_again_and_keep_their_mappings(stack):
    door()
    create("/step", "first", scenario=("other", "Started", "second"))
    create("/step", "second", scenario=("other", "second", None))
    stack.post("/door/open")
    assert [stack.get("/step").text for _ in range(3)] == ["first", "second", "second"]
    assert states(stack) == {"door": "open", "other": "second"}
    Scenarios.reset_all_scenarios()
    assert states(stack) == {"door": "Started", "other": "Started"}
    assert stack.get("/door").text == "closed"
    assert stack.get("/step").text == "first"


# Recordings. The package has no calls for them: it reads what a recording made.


@pytest.fixture
def target(start):
    target = start()
    target.stub("GET", "/greeting", {"status": 200, "headers": {"X-From": "target"}, "body": "hello"})
    target.stub("POST", "/orders", {"status": 201, "jsonBody": {"id": 7}})
    return target


def test_recording_becomes_mappings_that_answer_without_the_target(stack, target):
    stack.post("/__admin/recordings/start", json={"targetBaseUrl": target.url.rstrip("/")})
    assert stack.get("/__admin/recordings/status").json() == {"status": "Recording"}
    assert stack.get("/greeting").text == "hello"
    assert stack.post("/orders", 201, json={"sku": "a"}).json() == {"id": 7}
    recorded = stack.post("/__admin/recordings/stop").json()["mappings"]
    assert stack.get("/__admin/recordings/status").json() == {"status": "Stopped"}
    target.stop()

    listed = Mappings.retrieve_all_mappings().mappings
    assert {mapping.id for mapping in listed} == {mapping["id"] for mapping in recorded}
    assert {(m.request.method, m.request.url) for m in listed} == {("GET", "/greeting"), ("POST", "/orders")}
    assert all(mapping.response.proxy_base_url is None for mapping in listed)
    answer = stack.get("/greeting")
    assert (answer.text, answer.headers["x-from"]) == ("hello", "target")
    assert stack.post("/orders", 201, json={"sku": "a"}).json() == {"id": 7}
    stack.post("/orders", 404, json={"sku": "b"})


def test_snapshot_makes_mappings_of_what_was_proxied(stack, target):
    proxy = Mappings.create_mapping(
        Mapping(
            priority=10,
            request=MappingRequest(method=HttpMethods.ANY, url_pattern=".*"),
            response=MappingResponse(proxy_base_url=target.url.rstrip("/")),
        )
    )
    assert stack.get("/greeting").text == "hello"
    stack.post("/orders", 201, json={})
    spec = {"filters": {"urlPathPattern": "/greet.*"}, "persist": False}
    (taken,) = stack.post("/__admin/recordings/snapshot", json=spec).json()["mappings"]
    assert taken["request"]["url"] == "/greeting"
    Mappings.delete_mapping(proxy.id)
    target.stop()
    assert stack.get("/greeting").text == "hello"
    stack.post("/orders", 404, json={})


# Reset


def test_reset_empties_mappings_journal_and_scenarios(stack):
    door()
    stack.post("/door/open")
    httpx.post(f"{admin_of(stack)}/reset").raise_for_status()
    assert Mappings.retrieve_all_mappings().meta.total == 0
    assert Requests.get_all_received_requests(parameters={}).meta.total == 0
    assert states(stack) == {}

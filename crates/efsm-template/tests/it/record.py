#!/usr/bin/env python3
"""Asks a real WireMock what the templates of a recording render to, and writes the answers into it.

    java -jar wiremock-standalone-3.13.2.jar --port 8099 --global-response-templating
    record.py 127.0.0.1:8099 wiremock-3.13.2.json

A case is {"template"} with the "output", or with "fails" where WireMock answers 500. New templates are added to
the file without an answer. What changes from one rendering to the next is left out.
"""

import http.client
import json
import sys

STUB = "11111111-1111-1111-1111-111111111111"


def call(server, method, url, headers, body):
    connection = http.client.HTTPConnection(server)
    connection.putrequest(method, url, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    body = body.encode()
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    return response.status, response.read().decode("utf-8", "replace")


def render(server, request, template):
    stub = {
        "id": STUB,
        "request": {"method": "ANY", "urlPattern": ".*"},
        "response": {"status": 200, "body": template},
    }
    admin = [["Host", server], ["Content-Type", "application/json"]]
    call(server, "DELETE", "/__admin/mappings/" + STUB, admin, "")
    status, text = call(server, "POST", "/__admin/mappings", admin, json.dumps(stub))
    if status != 201:
        sys.exit(f"{template}: {text}")
    return call(server, request["method"], request["url"], request["headers"], request["body"])


def main():
    server, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        recording = json.load(file)
    request, answered = recording["request"], []
    for template in dict.fromkeys(case["template"] for case in recording["cases"]):
        status, text = render(server, request, template)
        if (status, text) != render(server, request, template) and status == 200:
            print("changes, left out:", template)
        elif status == 200:
            answered.append({"template": template, "output": text})
        else:
            answered.append({"template": template, "fails": True})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in answered)
    with open(path, "w", encoding="utf-8") as file:
        request = json.dumps(request, ensure_ascii=False)
        file.write(f'{{\n"request": {request},\n"cases": [\n{lines}\n]\n}}\n')


main()

import json


def application(environ, start_response):
    path = environ["PATH_INFO"]
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size) if size else b""
    if path == "/missing":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"no such page\n"]
    if path == "/large":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"0123456789" * 1000 for _ in range(100)]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({
        "method": environ["REQUEST_METHOD"],
        "path": path,
        "query": environ["QUERY_STRING"],
        "length": len(body),
        "agent": environ.get("HTTP_USER_AGENT", ""),
    }).encode()]

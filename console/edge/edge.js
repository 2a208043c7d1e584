// The CloudFront Function in front of the console: what billproof_ops/web_console/site.py does on a laptop.
//
//   /v1/...       the cookie of the session becomes the token of the call; no script ever reads it
//   /session...   who is signed in; the host that was called is named to the function behind it
//   pages         the application's first file, whichever page it is
//
// What changes something needs a header that no form of another site can send, and comes from this origin.

function refusal(status, title, code, detail) {
  return {
    statusCode: status,
    statusDescription: title,
    headers: { "content-type": { value: "application/problem+json" }, "cache-control": { value: "no-store" } },
    body: JSON.stringify({ status: status, title: title, code: code, detail: detail }),
  };
}

function handler(event) {
  var request = event.request;
  var headers = request.headers;
  var host = headers.host ? headers.host.value : "";
  var isRead = request.method === "GET" || request.method === "HEAD";
  if (!isRead) {
    var isOwn = headers["x-billproof-console"] && headers["x-billproof-console"].value === "1";
    var isHere = !headers.origin || headers.origin.value === "https://" + host;
    if (!isOwn || !isHere) {
      return refusal(403, "Forbidden", "not_from_the_console", "what changes something comes from the console");
    }
  }
  if (request.uri.indexOf("/v1/") === 0) {
    var session = request.cookies["__Host-billproof"];
    if (!session || !session.value) {
      return refusal(401, "Unauthorized", "no_session", "sign in first: there is no session, or it is over");
    }
    headers.authorization = { value: "Bearer " + session.value };
    request.cookies = {};
    return request;
  }
  delete headers.authorization;
  if (request.uri === "/session" || request.uri.indexOf("/session/") === 0) {
    headers["x-billproof-host"] = { value: host };
    return request;
  }
  if (!isRead) {
    return refusal(405, "Method Not Allowed", "invalid_input", "files are only read");
  }
  if (request.uri.indexOf("/assets/") !== 0 && request.uri !== "/favicon.svg") {
    request.uri = "/index.html";
  }
  return request;
}

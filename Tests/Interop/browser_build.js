// Drives the official client's browser build through one transport after the other, in Node, which is lent what a browser
// has and Node 20 has not. Arguments: path of socket.io.min.js, port. Prints one JSON line a transport; exit status 0 when
// all came through. Needs --experimental-websocket.

const http = require("http");

globalThis.XMLHttpRequest = class {
  constructor() {
    this.headers = {};
    this.withCredentials = false;
  }
  open(method, url) {
    this.method = method;
    this.url = new URL(url);
  }
  setRequestHeader(name, value) {
    this.headers[name] = value;
  }
  getResponseHeader() {
    return null;
  }
  send(body) {
    this.request = http.request(this.url, { method: this.method, headers: this.headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => this.finish(response.statusCode, Buffer.concat(chunks).toString()));
    });
    this.request.on("error", () => this.finish(0, ""));
    this.request.end(body ?? undefined);
  }
  finish(status, text) {
    this.status = status;
    this.responseText = text;
    this.readyState = 4;
    this.onreadystatechange?.();
  }
  abort() {
    this.request?.destroy();
  }
};
XMLHttpRequest.prototype.withCredentials = false;
globalThis.FileReader = class {
  readAsDataURL(blob) {
    blob.arrayBuffer().then((bytes) => {
      this.result = "data:;base64," + Buffer.from(bytes).toString("base64");
      this.onload();
    });
  }
};
globalThis.document = { cookie: "" };
globalThis.addEventListener = () => {};
globalThis.removeEventListener = () => {};
globalThis.location = { protocol: "http:", hostname: "127.0.0.1", port: process.argv[3] };

const io = require(process.argv[2]);
const url = "http://127.0.0.1:" + process.argv[3];

function next(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...values) => resolve(values)));
}

async function run(transports) {
  const seen = { transports };
  const socket = io(url, { transports, forceNew: true, auth: { token: "t" }, reconnection: false });
  const auth = next(socket, "auth");
  const connected = await Promise.race([
    next(socket, "connect"),
    next(socket, "connect_error").then(([error]) => Promise.reject(error)),
  ]);
  const upgraded = transports.length > 1 ? next(socket.io.engine, "upgrade") : undefined;
  seen.connected = connected.length === 0;
  [seen.auth] = await auth;

  const back = next(socket, "message-back");
  socket.emit("message", 1, { a: [2] }, "grüße ✓");
  seen.back = await back;
  if (upgraded) await upgraded;
  seen.transport = socket.io.engine.transport.name;

  seen.acknowledged = await socket.timeout(5000).emitWithAck("echo", { x: 1 });
  const binary = await socket.timeout(5000).emitWithAck("echo", new Uint8Array([1, 2, 3]));
  seen.binary = Array.from(new Uint8Array(binary));

  const numbers = [];
  const all = new Promise((resolve) => {
    socket.on("message-back", (number) => numbers.push(number) === 500 && resolve());
  });
  for (let number = 0; number < 500; number++) socket.emit("message", number);
  await all;
  seen.inOrder = numbers.every((number, index) => number === index);

  const custom = io(url + "/custom", { transports, forceNew: false });
  await next(custom, "connect");
  seen.custom = await custom.timeout(5000).emitWithAck("echo", "c");
  const unknown = io(url + "/nowhere", { transports });
  seen.refused = (await next(unknown, "connect_error"))[0].message;
  unknown.disconnect();
  custom.disconnect();
  socket.disconnect();
  console.log(JSON.stringify(seen));
}

async function main() {
  for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) await run(transports);
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);

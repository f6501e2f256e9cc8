// Node's bare http: one answer, nothing else. PORT, BODY.
'use strict';
const http = require('http');
const body = process.env.BODY;
http.createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}).listen(Number(process.env.PORT), '127.0.0.1');

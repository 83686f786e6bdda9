// A backend that cuts recorded streams at a byte that the request names in `user` or, as Anthropic has
// it, `metadata.user_id`:
//
//     node cut_backend.mjs STREAMS.json        {"name": "text of the event stream", ...}
//
// "name:offset:clean|fin|rst" sends so many bytes of the stream and ends it by the last chunk, by
// FIN, or by RST. Prints {"port": N}.
import fs from "node:fs";
import net from "node:net";

const streams = Object.fromEntries(Object.entries(JSON.parse(fs.readFileSync(process.argv[2], "utf8")))
  .map(([name, text]) => [name, Buffer.from(text)]));
const kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const kModels = JSON.stringify({ object: "list", data: [{ id: "m" }] });

function play(socket, name, offset, end) {
  const part = streams[name].subarray(0, offset);
  const chunk = part.length ? Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]) : Buffer.alloc(0);
  const data = Buffer.concat([Buffer.from(kHead), chunk]);
  if (end === "clean") return socket.write(Buffer.concat([data, Buffer.from("0\r\n\r\n")]));
  if (end === "fin") return socket.end(data);
  // Half of them at once, so that the reset may overtake the bytes; half when these are through.
  socket.write(data, () => (offset % 2 ? socket.resetAndDestroy() : setTimeout(() => socket.resetAndDestroy(), 3)));
}

function serve(socket) {
  let buffered = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (data) => {
    buffered = Buffer.concat([buffered, data]);
    for (;;) {
      const headEnd = buffered.indexOf("\r\n\r\n");
      if (headEnd < 0) return;
      const head = buffered.toString("latin1", 0, headEnd);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (buffered.length < headEnd + 4 + length) return;
      const body = buffered.toString("utf8", headEnd + 4, headEnd + 4 + length);
      buffered = buffered.subarray(headEnd + 4 + length);
      if (head.startsWith("GET"))
        socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${kModels.length}\r\n\r\n${kModels}`);
      else {
        const call = JSON.parse(body);
        const [name, offset, end] = (call.user ?? call.metadata.user_id).split(":");
        play(socket, name, Number(offset), end);
      }
    }
  });
}

const server = net.createServer({ noDelay: true }, serve);
server.listen(0, "127.0.0.1", 4096, () => console.log(JSON.stringify({ port: server.address().port })));

// An OpenAI-compatible server over a real llama.cpp, one thread, for the end-to-end test:
//
//     node llama_server.mjs MODEL.gguf        prints {"port": N} once it listens
//
// Tokens are generated while the answer streams; nothing is canned. A client that leaves stops
// the generation, and /generated tells how many tokens were made.
import http from "node:http";
import { getLlama } from "node-llama-cpp";

const kModel = "org/tiny-llama";
const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: "error" });
const model = await llama.loadModel({ modelPath: process.argv[2] });
const context = await model.createContext({ contextSize: 512, threads: 1, sequences: 4 });
let generated = 0;

// Yields the text of each token that llama.cpp samples.
async function* generate(prompt, maxTokens, seed, stopped) {
  const sequence = context.getSequence();
  try {
    const tokens = [model.tokens.bos, ...model.tokenize(prompt)];
    const begin = tokens.length;
    for await (const token of sequence.evaluate(tokens.slice(), { temperature: 0.8, seed })) {
      if (model.isEogToken(token)) return;
      generated += 1;
      yield model.detokenize([token], false, tokens);
      tokens.push(token);
      if (tokens.length - begin >= maxTokens || stopped()) return;
    }
  } finally {
    sequence.dispose();
  }
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts));
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function failure(response, status, message) {
  json(response, status, { error: { message, type: "invalid_request_error", param: null, code: null } });
}

async function chat(request, response) {
  const call = await body(request);
  if (call.model !== kModel) return failure(response, 404, `no model ${call.model}`);
  let gone = false;
  response.on("close", () => { gone = true; });
  const prompt = call.messages.map((message) => message.content).join("\n");
  const maxTokens = call.max_tokens ?? 16;
  const frame = { id: "chatcmpl-llama", created: 0, model: kModel };
  const words = generate(prompt, maxTokens, call.seed ?? 1, () => gone);

  if (!call.stream) {
    let content = "", count = 0;
    for await (const word of words) { content += word; count += 1; }
    return json(response, 200, {
      ...frame, object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: count < maxTokens ? "stop" : "length" }],
      usage: { prompt_tokens: 1, completion_tokens: count, total_tokens: 1 + count },
    });
  }

  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (delta, finish_reason = null) => response.write(`data: ${JSON.stringify({
    ...frame, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  send({ role: "assistant", content: "" });
  let count = 0;
  for await (const word of words) { send({ content: word }); count += 1; }
  send({}, count < maxTokens ? "stop" : "length");
  response.end("data: [DONE]\n\n");
}

const server = http.createServer((request, response) => {
  if (request.method === "GET" && request.url === "/v1/models")
    return json(response, 200, { object: "list", data: [{ id: kModel, object: "model", created: 1, owned_by: "llama.cpp" }] });
  if (request.method === "GET" && request.url === "/generated") return json(response, 200, { generated });
  if (request.method === "POST" && request.url === "/v1/chat/completions")
    return chat(request, response).catch((error) => {
      console.error(error);
      response.destroy();
    });
  failure(response, 404, "no such path");
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));

// Reads every cut of every recorded stream with the official SDKs, many at a time:
//
//     node cut_sweep.mjs ROUTER_URL JOBS.json CLEAN|FIN|RST
//
// A job is {name, api, length, mustRaiseBefore, mustNotRaiseFrom, text}. Prints
// {"total", "raised", "wrong": [...]}: wrong is a cut that raised nothing though the end signal had
// not passed, one that raised though it had, or a text that is not the whole one.
import fs from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const [, , url, jobsFile, end] = process.argv;
const kInFlight = 32;
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0, timeout: 30_000 });
const anthropic = new Anthropic({ baseURL: url, apiKey: "none", maxRetries: 0, timeout: 30_000 });
const jobs = JSON.parse(fs.readFileSync(jobsFile, "utf8"));

async function read(api, user) {
  let text = "";
  if (api === "responses") {
    const stream = await client.responses.create({ model: "m", input: "x", stream: true, user });
    for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
  } else if (api === "images") {
    const stream = await client.images.generate({ model: "m", prompt: "x", stream: true, user });
    for await (const event of stream) text += event.b64_json;
  } else if (api === "messages") {
    const stream = await anthropic.messages.create({ model: "m", max_tokens: 9, messages: [], stream: true, metadata: { user_id: user } });
    for await (const event of stream) text += event.delta?.text ?? event.delta?.partial_json ?? "";
  } else {
    const stream = await client.chat.completions.create({ model: "m", messages: [], stream: true, user });
    for await (const chunk of stream)
      for (const choice of chunk.choices) text += choice.delta.content ?? choice.delta.tool_calls?.[0]?.function?.arguments ?? "";
  }
  return text;
}

function* cuts() {
  for (const job of jobs) for (let offset = 0; offset <= job.length; offset++) yield { job, offset };
}

const summary = { total: 0, raised: 0, wrong: [] };

async function check({ job, offset }) {
  let error = null, text = "";
  try {
    text = await read(job.api, `${job.name}:${offset}:${end}`);
  } catch (caught) {
    error = caught;
  }
  summary.total += 1;
  summary.raised += error ? 1 : 0;
  const say = (what) => summary.wrong.push(`${job.name} cut at ${offset} by ${end}: ${what}`);
  if (!error && offset < job.mustRaiseBefore) say(`raised nothing, text ${JSON.stringify(text)}`);
  if (error && offset >= job.mustNotRaiseFrom && end !== "rst") say(`raised ${error}`);
  if (!error && text !== job.text) say(`the text was ${JSON.stringify(text)}`);
  if (error && !(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError)) say(`raised ${error.constructor.name}: ${error.message}`);
}

const waiting = cuts();
await Promise.all(Array.from({ length: kInFlight }, async () => {
  for (const cut of waiting) await check(cut);
}));
console.log(JSON.stringify({ ...summary, wrong: summary.wrong.slice(0, 20), wrongs: summary.wrong.length }));
process.exit(0);

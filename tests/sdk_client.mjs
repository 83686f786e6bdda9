// The official SDK against the router, scenario by scenario:
//
//     node sdk_client.mjs ROUTER_URL SCENARIO [MODEL]        prints what came out as JSON
import OpenAI from "openai";

const [, , url, scenario, model = "m"] = process.argv;
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-of-the-client", maxRetries: Number(process.env.RETRIES ?? 0), timeout: 30_000 });
const messages = [{ role: "user", content: "this is a test of the old world" }];

const scenarios = {
  async models() {
    const ids = [];
    for await (const each of client.models.list()) ids.push(each.id);
    return { ids, one: (await client.models.retrieve(ids[0])).id };
  },

  async plain() {
    const answer = await client.chat.completions.create({ model, messages, max_tokens: 12 });
    return { text: answer.choices[0].message.content, finish: answer.choices[0].finish_reason };
  },

  async stream() {
    const stream = await client.chat.completions.create({ model, messages, stream: true, max_tokens: 24 });
    const out = { text: "", events: 0, finish: null };
    for await (const chunk of stream) {
      out.events += 1;
      out.text += chunk.choices[0]?.delta.content ?? "";
      out.finish = chunk.choices[0]?.finish_reason ?? out.finish;
    }
    return out;
  },

  async responses() {
    const stream = await client.responses.create({ model, input: "x", stream: true });
    const types = [];
    for await (const event of stream) types.push(event.type);
    return { types };
  },

  async completions() {
    const stream = await client.completions.create({ model, prompt: "x", stream: true });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0].text;
    return { text };
  },

  async embeddings() {
    return { object: (await client.embeddings.create({ model, input: "x", encoding_format: "float" })).object };
  },

  async images() {
    const types = [];
    for await (const event of await client.images.generate({ model, prompt: "x", stream: true, partial_images: 1 })) types.push(event.type);
    return { types, plain: (await client.images.generate({ model, prompt: "x" })).data[0].b64_json };
  },

  async speech() {
    const answer = await client.audio.speech.create({ model, input: "x", voice: "alloy" });
    return { type: answer.headers.get("content-type"), bytes: Buffer.from(await answer.arrayBuffer()).toString("hex") };
  },

  // A base URL without the version.
  async bare() {
    const bare = client.withOptions({ baseURL: url });
    const answer = await bare.chat.completions.create({ model, messages });
    const ids = [];
    for await (const each of bare.models.list()) ids.push(each.id);
    return { text: answer.choices[0].message.content, ids, one: (await bare.models.retrieve(ids[0])).id };
  },

  async abort() {
    const stream = await client.chat.completions.create({ model, messages, stream: true, max_tokens: 400 });
    let events = 0;
    for await (const _ of stream) if (++events === 3) break;
    return { events };
  },
};

try {
  console.log(JSON.stringify(await scenarios[scenario]()));
} catch (error) {
  console.log(JSON.stringify({ raised: error.constructor.name, status: error.status ?? null, code: error.code ?? null,
    message: error.message, requestId: error.requestID ?? null }));
}
process.exit(0);

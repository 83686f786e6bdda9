// Anthropic's official SDK against the router, scenario by scenario:
//
//     node anthropic_client.mjs ROUTER_URL SCENARIO [MODEL]        prints what came out as JSON
import Anthropic from "@anthropic-ai/sdk";

const [, , url, scenario, model = "m"] = process.argv;
const client = new Anthropic({ baseURL: url, apiKey: process.env.KEY ?? "sk-of-the-client", maxRetries: Number(process.env.RETRIES ?? 0), timeout: 30_000 });
const call = { model, max_tokens: 12, messages: [{ role: "user", content: "hello" }] };

const scenarios = {
  async plain() {
    const { data, request_id } = await client.messages.create(call).withResponse();
    return { text: data.content[0].text, requestId: request_id };
  },

  async beta() {
    return { text: (await client.beta.messages.create({ ...call, betas: ["a-1", "b-2"] })).content[0].text };
  },

  async count() {
    return { tokens: (await client.messages.countTokens({ model, messages: call.messages })).input_tokens };
  },

  // What came before the end is told with the error, too.
  async stream() {
    const out = { text: "", types: [] };
    try {
      for await (const event of await client.messages.create({ ...call, stream: true })) {
        out.types.push(event.type);
        out.text += event.delta?.text ?? "";
      }
    } catch (error) {
      return { ...out, ...told(error) };
    }
    return out;
  },

  async final() {
    const message = await client.messages.stream(call).finalMessage();
    return { text: message.content[0].text, reason: message.stop_reason };
  },

  async abort() {
    let events = 0;
    for await (const _ of await client.messages.create({ ...call, stream: true })) if (++events === 3) break;
    return { events };
  },

  async models() {
    const all = [];
    for await (const each of client.models.list({ limit: 2 })) all.push(each);
    return { all, one: await client.models.retrieve(all[0].id) };
  },
};

function told(error) {
  return { raised: error.constructor.name, status: error.status ?? null, type: error.type ?? null, message: error.apiMessage ?? error.message,
    requestId: error.requestID ?? null };
}

try {
  console.log(JSON.stringify(await scenarios[scenario]()));
} catch (error) {
  console.log(JSON.stringify(told(error)));
}
process.exit(0);

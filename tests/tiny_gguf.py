"""Writes a tiny llama model as GGUF: F32, SPM vocabulary, the same bytes on every run.

    python3 tests/tiny_gguf.py FILE

The weights are random, so the model talks nonsense; but llama.cpp loads, tokenises and samples it
as it would any other model. The rows of the output matrix that belong to control and byte tokens
are zero: it keeps to words, and an answer ends at its token limit only.

The layout is GGUF version 3: header, metadata, tensor descriptions, padding, tensor data.
"""
import array
import random
import struct
import sys

EMBEDDING, HEADS, FEED_FORWARD, LAYERS, CONTEXT = 64, 4, 128, 2, 2048
ALIGNMENT = 32
UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9          # metadata value types
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6                    # token types
WORDS = """a about after all and any are as at be before but by can come could day do each end every
first for from get give go good great had has have he her here him his how if in into is it its
just know large last life light like line little long look made make man many may more most much
my never new no not now of old on one only or other our out over own part people place right said
same say see she should small so some still such take tell than that the their them then there
these they thing think this time to two under up us use very was water way we well went were what
when where which while who will with word work world would year yes you your""".split()


def vocabulary():
    """(text, score, type) of each token; SPM marks a word's beginning with U+2581."""
    yield "<unk>", 0.0, UNKNOWN
    yield "<s>", 0.0, CONTROL
    yield "</s>", 0.0, CONTROL
    for byte in range(256):
        yield f"<0x{byte:02X}>", 0.0, BYTE
    pieces = ["\u2581" + word for word in WORDS]
    pieces += [chr(c) for c in range(ord("a"), ord("z") + 1)] + ["\u2581", ".", ",", "?", "!"]
    for rank, piece in enumerate(pieces):
        yield piece, -float(rank), NORMAL


def text(value):
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def metadata(tokens):
    def scalar(key, kind, form, value):
        return text(key) + struct.pack("<I" + form, kind, value)

    def values(key, kind, parts):
        return text(key) + struct.pack("<IIQ", ARRAY, kind, len(parts)) + b"".join(parts)

    strings = {"general.architecture": "llama", "general.name": "tiny", "tokenizer.ggml.model": "llama"}
    numbers = {"llama.context_length": CONTEXT, "llama.embedding_length": EMBEDDING,
               "llama.block_count": LAYERS, "llama.feed_forward_length": FEED_FORWARD,
               "llama.attention.head_count": HEADS, "llama.attention.head_count_kv": HEADS,
               "llama.rope.dimension_count": EMBEDDING // HEADS, "llama.vocab_size": len(tokens),
               "general.file_type": 0, "general.alignment": ALIGNMENT,
               "tokenizer.ggml.unknown_token_id": 0, "tokenizer.ggml.bos_token_id": 1,
               "tokenizer.ggml.eos_token_id": 2}
    entries = [text(key) + struct.pack("<I", STRING) + text(value) for key, value in strings.items()]
    entries += [scalar(key, UINT32, "I", value) for key, value in numbers.items()]
    entries.append(scalar("llama.attention.layer_norm_rms_epsilon", FLOAT32, "f", 1e-5))
    entries.append(values("tokenizer.ggml.tokens", STRING, [text(t[0]) for t in tokens]))
    entries.append(values("tokenizer.ggml.scores", FLOAT32, [struct.pack("<f", t[1]) for t in tokens]))
    entries.append(values("tokenizer.ggml.token_type", INT32, [struct.pack("<i", t[2]) for t in tokens]))
    return entries


def tensors(tokens):
    """(name, shape with the fastest dimension first, values)."""
    rng = random.Random(20261123)

    def noise(rows, columns):
        return array.array("f", (rng.gauss(0, columns ** -0.5) for _ in range(rows * columns)))

    def ones():
        return array.array("f", [1.0] * EMBEDDING)

    yield "token_embd.weight", (EMBEDDING, len(tokens)), noise(len(tokens), EMBEDDING)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        yield block + "attn_norm.weight", (EMBEDDING,), ones()
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"{block}{name}.weight", (EMBEDDING, EMBEDDING), noise(EMBEDDING, EMBEDDING)
        yield block + "ffn_norm.weight", (EMBEDDING,), ones()
        for name in ("ffn_gate", "ffn_up"):
            yield f"{block}{name}.weight", (EMBEDDING, FEED_FORWARD), noise(FEED_FORWARD, EMBEDDING)
        yield block + "ffn_down.weight", (FEED_FORWARD, EMBEDDING), noise(EMBEDDING, FEED_FORWARD)
    yield "output_norm.weight", (EMBEDDING,), ones()
    output = noise(len(tokens), EMBEDDING)
    for row, (_, _, kind) in enumerate(tokens):
        if kind != NORMAL:
            output[row * EMBEDDING:(row + 1) * EMBEDDING] = array.array("f", bytes(4 * EMBEDDING))
    yield "output.weight", (EMBEDDING, len(tokens)), output


def write(path):
    tokens = list(vocabulary())
    entries = metadata(tokens)
    described, data = [], b""
    for name, shape, values in tensors(tokens):
        if sys.byteorder == "big":
            values.byteswap()
        described.append(text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data)))
        data += values.tobytes()
        data += bytes(-len(data) % ALIGNMENT)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(described), len(entries))
    head += b"".join(entries) + b"".join(described)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT) + data)


if __name__ == "__main__":
    write(sys.argv[1])

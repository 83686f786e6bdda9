-- wrk's script for bench/run: one fixed chat request of BENCH_BODY bytes, `model` last, and the
-- figures as one JSON line. Nothing is computed per request.

local size = tonumber(os.getenv("BENCH_BODY"))
local model = os.getenv("BENCH_MODEL")

-- Prose with an escaped line end each 80 bytes, cut to n bytes (never within an escape).
local function prose(n)
  local line = "The router reads each byte of this once, and passes it on as it came to it.\\n"
  return line:rep(math.floor(n / #line)) .. ("x"):rep(n % #line)
end

local head = '{"stream":false,"temperature":0.7,"max_tokens":256,"messages":['
local first = '{"role":"system","content":"You are a terse assistant."},{"role":"user","content":"'
local tail = '"}],"user":"bench","model":"' .. model .. '"}'

wrk.method = "POST"
wrk.body = head .. first .. prose(size - #head - #first - #tail) .. tail
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
if os.getenv("BENCH_HEADERS") == "sdk" then  -- what the official SDK for Node adds
  wrk.headers["Accept"] = "application/json"
  wrk.headers["User-Agent"] = "OpenAI/JS 6.9.0"
  wrk.headers["X-Stainless-Retry-Count"] = "0"
  wrk.headers["X-Stainless-Lang"] = "js"
  wrk.headers["X-Stainless-Package-Version"] = "6.9.0"
  wrk.headers["X-Stainless-OS"] = "Linux"
  wrk.headers["X-Stainless-Arch"] = "x64"
  wrk.headers["X-Stainless-Runtime"] = "node"
  wrk.headers["X-Stainless-Runtime-Version"] = "v20.19.0"
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end

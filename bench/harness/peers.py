"""The proxies under test: their configuration and their processes, each with one thread on one core."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

MODEL = "bench-model"
KEY = "bench-key-0123456789abcdef"
PROXY_CORE, LOAD_CORE = "0", "1"
BIG_BODY = 16 * 1024  # above it HAProxy needs larger buffers to see the whole body


def start(core, *command, **streams):
    """A process bound to one core. Where that is permitted it goes before whatever else wants the
    core: by its own niceness and by that of its session, whose weight is what counts where the
    kernel groups processes by session (sched(7), autogroup)."""
    process = subprocess.Popen(["taskset", "-c", core, *map(str, command)], start_new_session=True,
                               text=True, **streams)
    try:
        os.setpriority(os.PRIO_PROCESS, process.pid, -15)
        Path(f"/proc/{process.pid}/autogroup").write_text("-15")
    except OSError:
        pass
    return process


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


NGINX = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log error;
{modules}
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  client_body_buffer_size 512k; client_max_body_size 32m;
  keepalive_requests 100000000;
  upstream backend {{ server {backend}; keepalive 256; keepalive_requests 100000000; }}
  {preamble}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      {route}
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
      proxy_pass http://backend;
    }}
  }}
}}
"""

NGINX_LUA_MODULES = """
load_module modules/ndk_http_module.so; load_module modules/ngx_http_lua_module.so;
"""

NGINX_LUA_PREAMBLE = "init_by_lua_block { cjson = require 'cjson.safe' }"

NGINX_LUA_ROUTE = """
      access_by_lua_block {
        ngx.req.read_body()
        local body = cjson.decode(ngx.req.get_body_data() or "")
        if not body or body.model ~= "%s" then return ngx.exit(404) end
      }
""" % MODEL

HAPROXY = """
global
  nbthread 1
  maxconn 8192
  tune.bufsize {bufsize}
defaults
  mode http
  option http-no-delay
  http-reuse always
  timeout connect 5s
  timeout client 600s
  timeout server 600s
frontend in
  bind 127.0.0.1:{port}
  option http-buffer-request
  http-request set-var(txn.model) req.body,json_query('$.model')
  use_backend model if {{ var(txn.model) -m str {model} }}
  default_backend unknown
backend model
  server b {backend}
backend unknown
  http-request return status 404
"""

ROUTER = """
listen: 127.0.0.1:{port}
admin: {{listen: "127.0.0.1:{admin}"}}
workers: 1
api_keys: ["{key}", "bench-key-of-somebody-else"]
log: {{access: {dir}/access.log, format: json}}
timeouts: {{connect: 3, first_token: 600, idle: 60, total: 600}}
backends:
  - name: bench
    url: http://{backend}
"""


class Peer:
    """One proxy; `port` is where clients connect. Stopped by stop(), always."""

    def __init__(self, name, label, port, command, core=PROXY_CORE):
        self.name, self.label, self.port = name, label, port
        self.process = start(core, *command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    @property
    def pid(self):
        return self.process.pid

    def wait_until_it_answers(self, limit=10):
        body = '{"model":"%s"}' % MODEL
        request = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
                   f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")
        deadline, answer = time.monotonic() + limit, b""
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=2) as s:
                    s.sendall(request.encode())
                    answer = s.recv(4096)
                if answer.startswith(b"HTTP/1.1 200"):
                    return
            except OSError:
                pass
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"{self.label} does not answer: {answer!r} {self.process.stderr.read()}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def start_backend(program, rate, tokens):
    port = free_port()
    return Peer("direct", "no proxy", port,
                [program, "--listen", f"127.0.0.1:{port}", "--model", MODEL, "--rate", str(rate),
                 "--tokens", str(tokens)], core=LOAD_CORE)


def start_nginx(folder, backend, lua):
    if not shutil.which("nginx") or (
            lua and not Path("/usr/lib/nginx/modules/ngx_http_lua_module.so").exists()):
        return None
    port, folder = free_port(), folder / ("nginx-lua" if lua else "nginx")
    text = NGINX.format(
        dir=folder, port=port, backend=backend, modules=NGINX_LUA_MODULES if lua else "",
        preamble=NGINX_LUA_PREAMBLE if lua else "", route=NGINX_LUA_ROUTE if lua else "")
    if os.geteuid() == 0:
        text = "user root;\n" + text
    # -p: Debian's modules are named relative to its own prefix.
    command = ["nginx", "-p", "/usr/share/nginx/", "-e", str(folder / "error.log"), "-c",
               write(folder / "nginx.conf", text)]
    return Peer("nginx-lua" if lua else "nginx", "nginx + Lua cjson" if lua else "nginx", port, command)


def start_haproxy(folder, backend, big):
    if not shutil.which("haproxy"):
        return None
    port = free_port()
    name = "haproxy-big" if big else "haproxy"
    text = HAPROXY.format(port=port, backend=backend, model=MODEL,
                          bufsize=264 * 1024 if big else 16 * 1024)
    return Peer(name, "HAProxy json_query", port,
                ["haproxy", "-f", write(folder / f"{name}.cfg", text)])


def start_router(folder, backend, program):
    if not Path(program).exists():
        return None
    port = free_port()
    text = ROUTER.format(dir=folder, port=port, admin=free_port(), key=KEY, backend=backend)
    return Peer("ours", "llm-router", port,
                [str(program), "serve", "--config", write(folder / "router.yaml", text)])

# Sourced by every script here: strict mode, the repository as working directory, and how each
# kind of build is configured. Nothing in it runs on its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly kRoot=$PWD
readonly kCompiler=clang-19
# A Node that is newer than the system's may stand here (script/bootstrap --test).
PATH=$kRoot/build/tools/bin:$PATH
# One compiler cache serves every clone of the repository.
export CCACHE_BASEDIR=$kRoot CCACHE_NOHASHDIR=1

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "script/${0##*/}" "$*" >&2
  exit 2
}

# usage FILE: the comment at the head of a script is its help.
usage() {
  sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"
  exit 0
}

# configure KIND: makes or refreshes build/KIND.
configure() {
  local kind=$1
  local -a flags=(-DLLM_ROUTER_TESTS=ON -DCMAKE_BUILD_TYPE=Debug)
  case $kind in
    release) flags=(-DLLM_ROUTER_TESTS=OFF -DCMAKE_BUILD_TYPE=Release) ;;
    debug) ;;
    asan) flags+=(-DLLM_ROUTER_SANITIZE=address,undefined) ;;
    tsan) flags+=(-DLLM_ROUTER_SANITIZE=thread) ;;
    coverage) flags+=(-DLLM_ROUTER_COVERAGE=ON) ;;
    fuzz) flags=(-DLLM_ROUTER_TESTS=OFF -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLLM_ROUTER_FUZZ=ON
                 -DLLM_ROUTER_SANITIZE=fuzzer-no-link,address,undefined) ;;
    *) die "no kind of build is named $kind" ;;
  esac
  mkdir -p "build/$kind"
  cmake -S . -B "build/$kind" -G Ninja --log-level=NOTICE -DCMAKE_C_COMPILER=$kCompiler \
    -DCMAKE_CXX_COMPILER=${kCompiler/clang/clang++} "${flags[@]}" >"build/$kind/configure.log" 2>&1 ||
    { cat "build/$kind/configure.log" >&2; die "cmake could not configure build/$kind"; }
}

# build KIND [TARGET...]: configures and builds; with no target, everything.
build() {
  local kind=$1
  shift
  configure "$kind"
  say "building build/$kind${*:+: $*}"
  NINJA_STATUS='[%f/%t %es] ' ninja -C "build/$kind" "$@" >&2
}

# has_target KIND NAME: while a part is not written yet, scripts go on without it.
has_target() { ninja -C "build/$1" -t query "$2" >/dev/null 2>&1; }

# How a sanitizer speaks when it finds something: at once, with a stack, and loudly.
sanitizer_environment() {
  export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
  export UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
  local symbolizer=/usr/lib/llvm-19/bin/llvm-symbolizer
  if [[ -x $symbolizer ]]; then
    export ASAN_SYMBOLIZER_PATH=$symbolizer TSAN_SYMBOLIZER_PATH=$symbolizer
  fi
}

#!/bin/sh
# Fuzzes the JSON reader and the cutter: Fuzz/run.sh [RUNS]
# Inputs that fail are left in Fuzz/.build; turn each into a test.
set -eu
cd "$(dirname "$0")"
runs=${1:-1000000}
source=../Sources/CPolylogueJSON
# libFuzzer comes with the toolchain's clang, beside swift.
swift=$(readlink -f "$(command -v swift)")
clang=${CLANG:-$(dirname "$swift")/clang}
export SWIFT_BACKTRACE=enable=no
mkdir -p .build/corpus
"$clang" -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
  -I "$source/include" -o .build/json_fuzzer json_fuzzer.c "$source"/*.c
exec .build/json_fuzzer -runs="$runs" -max_len=512 -dict=json.dict -artifact_prefix=.build/ \
  -print_final_stats=1 .build/corpus seeds

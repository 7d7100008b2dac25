#pragma once
#include <minizip/unzip.h>
#include <zlib.h>

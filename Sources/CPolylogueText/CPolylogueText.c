#include "CPolylogueText.h"

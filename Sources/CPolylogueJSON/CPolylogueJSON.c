#include "CPolylogueJSON.h"

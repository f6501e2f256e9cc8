// Static inline functions for C macros that Swift cannot see.
#ifndef LASTMILE_CSHIMS_H
#define LASTMILE_CSHIMS_H

#include <errno.h>

#endif

// Counts the allocations of chosen threads: defining malloc and its kin in the program puts these before the C library's.
#ifndef LASTMILE_ALLOCATION_COUNTER_H
#define LASTMILE_ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether the calling thread's allocations count from now on.
void allocation_counter_include_this_thread(bool included);

/// Allocations of the threads that count, since the process began. A realloc counts as one.
uint64_t allocation_counter_value(void);

#endif

#pragma once

namespace server {

/// How many threads can run at once: the cores this process may use by affinity, less if its cgroup
/// has a smaller CPU quota (rounded up); at least 1. For start-up.
int usable_cores();

/// Raises the soft limit of open files to the hard one and returns it.
unsigned long raise_file_limit();

}  // namespace server

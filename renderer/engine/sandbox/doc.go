// Package sandbox runs the engine: a supervisor that keeps warm children and gives them jobs, and the walls
// around a child. Pictures are decoded in a child only. It is one process of threads that can open no socket, start
// no program, write to no file it was not given, and that dies at the deadline of its job, by the hand of the
// supervisor.
//
// What closes what:
//
//   - seccomp: an allow-list of system calls, see childCalls. It alone closes network, exec, fork, ptrace, signals to
//     others, new namespaces, mounts and opening for writing, on every kernel.
//   - Landlock, where the kernel has it: no reading outside the libraries and fonts that libvips may load late.
//     Without it, what the user of the engine may read can be read: in the cluster that is the engine's image.
//   - a limit of the memory that a child may have, set from outside.
//   - no capabilities, no new privileges, not dumpable, no core files, bounded file sizes.
package sandbox

// Package epoll hears of many descriptors with one descriptor and one goroutine,
// and no thread: it is an epoll set that is itself waited for by the runtime's
// poller. Linux has it; elsewhere the package is empty.
package epoll

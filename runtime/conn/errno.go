package conn

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
)

// Errno returns the system's error number within err.
func Errno(err error) (syscall.Errno, bool) {
	var errno syscall.Errno
	ok := errors.As(err, &errno)
	return errno, ok
}

// ErrnoText returns what nginx appends to a log line for a failed system call:
// "(111: Connection refused)"; "" if err has no error number.
func ErrnoText(err error) string {
	errno, ok := Errno(err)
	if !ok {
		return ""
	}
	text := errno.Error() // strerror's words, but in lower case
	if text != "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return "(" + strconv.Itoa(int(errno)) + ": " + text + ")"
}

// ErrorText returns what ends a log line that says what has failed: ErrnoText, or
// else the text of err in parentheses, after a space; "" if err is nil.
func ErrorText(err error) string {
	if err == nil {
		return ""
	}
	if t := ErrnoText(err); t != "" {
		return " " + t
	}
	return " (" + err.Error() + ")"
}

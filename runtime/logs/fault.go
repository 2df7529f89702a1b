package logs

import (
	"fmt"
	"runtime"
	"strings"
)

// mostFrames bounds how much of a stack is logged.
const mostFrames = 32

// Fault says what a panic was, and by a line for each call where it came from. It is
// for the function that recovers, whose own line is not among them: an error log has
// lines of limited length, and no line ends in them.
func Fault(fault any, line func(text string)) {
	line(fmt.Sprintf("panic: %v", fault))
	var pcs [mostFrames]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			line(fmt.Sprintf("panic: in %s at %s:%d", f.Function, f.File, f.Line))
		}
	}
}

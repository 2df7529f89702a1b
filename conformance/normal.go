package conformance

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// A mask replaces what a case knows to differ from run to run.
type mask struct {
	name string
	re   *regexp.Regexp
}

const httpDate = `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT`

var (
	dateRE     = regexp.MustCompile(`((?:^|\n)Date: )?(` + httpDate + `)`)
	boundaryRE = regexp.MustCompile(`(boundary=|--)\d{20}\b`)
	clfTimeRE  = regexp.MustCompile(`\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4}`)
	logLineRE  = regexp.MustCompile(`(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(\w+)\] \d+#\d+: (?:\*\d+ )?`)
)

// normalize replaces what differs between two runs of one program: places,
// dates, boundaries. A date keeps its distance from the Date field before it.
func normalize(data string, p *places, masks []mask) string {
	data = normalizeDates(p.collapse(data))
	data = boundaryRE.ReplaceAllString(data, "${1}$$BOUNDARY")
	for _, m := range masks {
		data = m.re.ReplaceAllLiteralString(data, "<"+m.name+">")
	}
	return data
}

func normalizeDates(data string) string {
	var out strings.Builder
	var now time.Time
	last := 0
	for _, m := range dateRE.FindAllStringSubmatchIndex(data, -1) {
		out.WriteString(data[last:m[4]])
		text := data[m[4]:m[5]]
		last = m[5]
		at, err := http.ParseTime(text)
		switch {
		case err != nil:
			out.WriteString(text)
		case m[2] >= 0:
			now = at
			out.WriteString("$DATE")
		case !now.IsZero() && at.Sub(now).Abs() < 1000*24*time.Hour:
			fmt.Fprintf(&out, "$DATE%+d", int(at.Sub(now).Seconds()))
		default:
			// Far from now: 1970, 2037 or the time of the files.
			out.WriteString(text)
		}
	}
	return out.String() + data[last:]
}

// normalizeLog does the same for a log file. Which connection a line of an
// error log speaks of is a number that depends on what else was accepted. Bytes
// that are no text are written as escapes.
func normalizeLog(data string, p *places, masks []mask) string {
	data = logLineRE.ReplaceAllString(data, "[$1] ")
	data = clfTimeRE.ReplaceAllString(data, "$$TIME")
	data = normalize(data, p, masks)
	var out strings.Builder
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRuneInString(data[i:])
		if r == utf8.RuneError && n == 1 || r < ' ' && r != '\n' {
			fmt.Fprintf(&out, `\x%02x`, data[i])
		} else {
			out.WriteString(data[i : i+n])
		}
		i += n
	}
	return out.String()
}

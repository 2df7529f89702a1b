package conformance

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// An errorCase is one configuration of an error file and what -t has to say
// about it. README.md describes the format.
type errorCase struct {
	line   int    // where it begins in its file
	source string // as in the file
	config string // the configuration: source with its blocks around it
	files  map[string]string
	wants  []finding
	ok     bool // -t succeeds
}

// A finding is one message of -t.
type finding struct {
	level string // emerg or warn
	msg   string // the text, or a pattern for it
	place string // file:line below the prefix; "": none
}

var (
	expectRE  = regexp.MustCompile("^(.*?)### *(warn )?([\"`].*)$")
	orderRE   = regexp.MustCompile(`^### *(ok|in (\w+)|file (\S+): (.*))$`)
	messageRE = regexp.MustCompile(`^nginx: \[(\w+)\] (.*)$`)
)

// around is what stands around a configuration that says "### in block".
var around = map[string][2]string{
	"main":            {"events {}", ""},
	"http":            {"events {} http {", "}"},
	"server":          {"events {} http { server {", "}}"},
	"location":        {"events {} http { server { location / {", "}}}"},
	"upstream":        {"events {} http { upstream u {", "}}"},
	"stream":          {"events {} stream {", "}"},
	"stream_server":   {"events {} stream { server {", "}}"},
	"stream_upstream": {"events {} stream { upstream u {", "}}"},
}

// parseErrors splits an error file into its configurations.
func parseErrors(text string) ([]*errorCase, error) {
	var list []*errorCase
	line := 1
	for chunk := range strings.SplitSeq(text, "\n---\n") {
		c, err := parseErrorCase(strings.TrimSuffix(chunk, "\n"), line)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
		line += strings.Count(chunk, "\n") + 2
	}
	return list, nil
}

func parseErrorCase(source string, line int) (*errorCase, error) {
	c := &errorCase{line: line, source: source, files: map[string]string{}}
	var out []string
	end, code := "", 0
	for i, text := range strings.Split(source, "\n") {
		if m := orderRE.FindStringSubmatch(text); m != nil {
			text = ""
			switch {
			case m[1] == "ok":
				c.ok = true
			case m[3] != "":
				content, err := strconv.Unquote(`"` + strings.ReplaceAll(m[4], `"`, `\"`) + `"`)
				if err != nil {
					return nil, fmt.Errorf("line %d: %w", line+i, err)
				}
				c.files[m[3]] = content
			default:
				block, ok := around[m[2]]
				if !ok {
					return nil, fmt.Errorf("line %d: unknown block %q", line+i, m[2])
				}
				text, end = block[0], block[1]
			}
		}
		if m := expectRE.FindStringSubmatch(text); m != nil {
			quoted, err := strconv.QuotedPrefix(m[3])
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", line+i, err)
			}
			msg, _ := strconv.Unquote(quoted)
			f := finding{level: "emerg", msg: msg, place: strings.TrimSpace(m[3][len(quoted):])}
			if m[2] != "" {
				f.level = "warn"
				c.ok = true
			}
			if f.place == "" && strings.TrimSpace(m[1]) != "" {
				f.place = fmt.Sprintf("%s:%d", conf, i+1)
			}
			c.wants = append(c.wants, f)
			text = m[1]
		}
		if out = append(out, text); text != "" {
			code = len(out)
		}
	}
	// Where a configuration ends too early is a matter of its last line, so
	// comments behind it leave no lines.
	out = out[:code]
	c.config = strings.Join(out, "\n") + end + "\n"
	return c, nil
}

// Errors runs -t on every configuration in file and compares its messages. With
// s.Update a configuration without an expectation gets nginx's message, or ok;
// one that has an expectation is checked like any other.
func (s *Suite) Errors(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := parseErrors(string(data))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	defer s.acquire()()
	var sources []string
	for _, c := range cases {
		t.Run(fmt.Sprintf("line%d", c.line), func(t *testing.T) { s.errorCase(t, c) })
		sources = append(sources, c.source)
	}
	if s.Update {
		text := strings.TrimSuffix(strings.Join(sources, "\n---\n"), "\n") + "\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *Suite) errorCase(t *testing.T, c *errorCase) {
	dir := prefix(t)
	for name, text := range c.files {
		if err := write(dir, name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(dir, conf, []byte(c.config)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(s.Binary, "-p", dir+"/", "-c", conf, "-e", dir+"/logs/error.log", "-t")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = environ()
	err := cmd.Run()
	failed := err != nil
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatalf("-t: %v\n%s", err, out.String())
	}
	s.skipUnsupported(t, out.String())
	got := findings(out.String(), dir)
	if s.Update && len(c.wants) == 0 && !c.ok {
		c.record(got)
		return
	}
	if len(c.wants) == 0 && !c.ok {
		t.Fatal("has no expectation: run with -update")
	}
	verdict := "syntax is ok\n"
	if failed {
		verdict = conf + " test failed\n"
	}
	if failed == c.ok || !strings.Contains(out.String(), verdict) {
		t.Errorf("-t fails: %v, want %v; it says\n%s", failed, !c.ok, out.String())
	}
	for i, want := range c.wants {
		if i >= len(got) || !want.matches(got[i]) {
			t.Errorf("got %v, want %v in\n%s", got, c.wants, c.config)
			return
		}
	}
	// Only nginx has to stop at the first error; nobody may invent warnings.
	if len(got) > len(c.wants) && (c.ok || s.Update) {
		t.Errorf("unexpected: %v", got[len(c.wants):])
	}
}

// findings reads the messages of -t.
func findings(out, dir string) []finding {
	var list []finding
	for line := range strings.Lines(strings.ReplaceAll(out, dir+"/", "")) {
		m := messageRE.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			continue
		}
		f := finding{level: m[1], msg: m[2]}
		if i := strings.LastIndex(m[2], " in "); i >= 0 && placeSuffix.MatchString(m[2][i+4:]) {
			f.msg, f.place = m[2][:i], m[2][i+4:]
		}
		list = append(list, f)
	}
	return list
}

var placeSuffix = regexp.MustCompile(`^[\w./-]+:\d+$`)

func (f finding) matches(got finding) bool {
	re, err := regexp.Compile("^(?:" + f.msg + ")$")
	return err == nil && re.MatchString(got.msg) && f.level == got.level && f.place == got.place
}

// record puts what nginx said into the source.
func (c *errorCase) record(got []finding) {
	if len(got) == 0 {
		c.source = "### ok\n" + c.source
		return
	}
	lines := strings.Split(c.source, "\n")
	var own []string
	for _, f := range got {
		f.msg = regexp.QuoteMeta(f.msg)
		c.wants = append(c.wants, f)
		comment := "### "
		if f.level == "warn" {
			comment += "warn "
		}
		comment += quote(f.msg)
		name, number, _ := strings.Cut(f.place, ":")
		n, _ := strconv.Atoi(number)
		if name == conf && n <= len(lines) && !strings.Contains(lines[n-1], "###") && strings.TrimSpace(lines[n-1]) != "" {
			lines[n-1] += " " + comment
			continue
		}
		if f.place != "" {
			comment += " " + f.place
		}
		own = append(own, comment)
	}
	// Comments of their own stand at the end: they must not move other lines.
	c.source = strings.Join(append(lines, own...), "\n")
}

func quote(s string) string {
	if strings.Contains(s, "`") {
		return strconv.Quote(s)
	}
	return "`" + s + "`"
}

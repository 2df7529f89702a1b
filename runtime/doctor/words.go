package doctor

import (
	"cmp"
	"fmt"
	"math/bits"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"understudy/runtime/httpd"
)

// words returns the sentence of a cause, and what to do about it if that depends on
// the evidence.
func (d *Doctor) words(code string, c *httpd.Cause, x *Diagnosis) (text, fix string) {
	at := x.Setting.told()
	switch code {
	case "upstream-refused":
		return d.refused(c, at)
	case "upstream-unreachable":
		return fmt.Sprintf("upstream %v cannot be reached: %v%s", c.Fact("upstream"), c.Fact("error"), at), ""
	case "unresolved-host":
		return d.unresolved(c, at)
	case "no-live-upstream":
		return fmt.Sprintf("no server of upstream %q may be tried: all are down, or failed a moment ago (max_fails, fail_timeout)%s", c.Fact("upstream"), at), ""
	case "upstream-timeout":
		return fmt.Sprintf("nothing moved for %s while %v upstream %v%s", seconds(c.Fact("after")), c.Fact("doing"), c.Fact("upstream"), at), ""
	case "upstream-closed":
		text = fmt.Sprintf("upstream %v closed the connection after %v bytes of the request and before a whole response (%v bytes of it)", c.Fact("upstream"), c.Fact("sent"), c.Fact("received"))
		if e := c.Fact("error"); e != nil {
			text += fmt.Sprint(": ", e)
		}
		return text + at, ""
	case "upstream-invalid":
		return fmt.Sprintf("what upstream %v sent is no valid response: %v%s", c.Fact("upstream"), c.Fact("why"), at), ""
	case "wrong-protocol":
		return fmt.Sprintf("upstream %v speaks another protocol: %v%s", c.Fact("upstream"), c.Fact("protocol"), at), fmt.Sprint(c.Fact("fix"))
	case "upstream-handshake":
		return fmt.Sprintf("the TLS handshake with upstream %v failed: %v%s", c.Fact("upstream"), c.Fact("error"), at), ""
	case "big-header":
		return bigHeader(c, at)
	case "body-too-large":
		return fmt.Sprintf("the body of %s is larger than client_max_body_size, %s; refused here, the upstream was not contacted%s",
			size(c.Fact("bytes")), size(c.Fact("limit")), at), ""
	case "redirect-cycle":
		return cycle(c)
	case "missing-file":
		return fmt.Sprintf("there is no file %q%s%s", c.Fact("path"), nearest(c), at), ""
	case "spa-fallback":
		return fmt.Sprintf("there is no file %q, but %q exists: the page of a single-page application%s", c.Fact("path"), c.Fact("index"), at),
			"Add to the location: try_files $uri $uri/ /index.html;."
	case "no-index":
		return fmt.Sprintf("the folder %q has none of the index files, and listing it is off%s", c.Fact("path"), at), ""
	case "event-stream-held":
		return fmt.Sprintf("text/event-stream of upstream %v is held back for %s and more: pieces wait until %v bytes have come%s",
			c.Fact("upstream"), seconds(c.Fact("after")), c.Fact("buffer"), at), ""
	case "upgrade-timeout":
		return fmt.Sprintf("the upgraded connection was closed here, not by the client or the application: %v was silent for %s; open for %s, %v bytes from the client, %v from the upstream%s",
			c.Fact("silent"), seconds(c.Fact("after")), seconds(c.Fact("open")), c.Fact("from-client"), c.Fact("from-upstream"), at), ""
	}
	return answered(c, x, at), ""
}

// told is where a setting comes from, for the end of a sentence.
func (s Setting) told() string {
	switch {
	case s.Text == "" && !s.Pos.IsValid():
		return ""
	case !s.Pos.IsValid():
		return " (" + s.Text + ": default, not set)"
	}
	return fmt.Sprintf(" (%s %s)", s.Text, s.Pos)
}

func (d *Doctor) refused(c *httpd.Cause, at string) (text, fix string) {
	text = fmt.Sprintf("upstream %v refused the connection: nothing listens there", c.Fact("upstream"))
	address := fmt.Sprint(c.Fact("address"))
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return text + at, fmt.Sprintf("Start the service that listens on %s, or name where it is: %s.", address, overlay("unix:"+address, "localhost:PORT"))
	}
	instead := "localhost:PORT"
	if d.Listeners != nil {
		near, only := near(a, d.Listeners())
		if near != "" {
			text += "; " + near
		}
		if only != "" {
			instead = only
		}
	}
	where := ""
	if !a.Addr().IsLoopback() {
		where = " of " + a.Addr().String()
	}
	fix = fmt.Sprintf("Start the service on port %d%s, or name where it is: %s.", a.Port(), where, overlay(withPort(c, int(a.Port())), instead))
	if d.Container && a.Addr().IsLoopback() {
		fix += " In this container localhost is the container itself: a service of another one has its name, one of the host is at host.docker.internal."
	}
	return text + at, fix
}

func (d *Doctor) unresolved(c *httpd.Cause, at string) (text, fix string) {
	port, _ := c.Fact("port").(int)
	instead := "localhost:PORT"
	if port > 0 {
		instead = fmt.Sprintf("localhost:%d", port)
	}
	host, over := c.Fact("host"), overlay(withPort(c, port), instead)
	e, _ := c.Fact("error").(string)
	switch {
	case strings.HasPrefix(e, "no resolver defined"):
		text = fmt.Sprintf("no resolver defined to look up the upstream host %q, which has no address on this machine either", host)
		fix = fmt.Sprintf("Name where it is: %s; for nginx, add a resolver directive, such as resolver 127.0.0.11; in a container: a name in a variable is looked up at run time.", over)
	case e != "":
		text = fmt.Sprintf("the upstream host %q has no address on this machine (%s)", host, e)
	default:
		text = fmt.Sprintf("the upstream host %q has no address on this machine", host)
	}
	if fix == "" {
		fix = fmt.Sprintf("Start the service, correct its name, or name where it is: %s.", over)
	}
	return text + at, fix
}

// withPort is the server of a cause as the configuration writes it, with its port.
func withPort(c *httpd.Cause, port int) string {
	server, _ := c.Fact("server").(string)
	if server == "" {
		server = fmt.Sprint(cmp.Or(c.Fact("host"), c.Fact("address")))
	}
	if _, _, err := net.SplitHostPort(server); err != nil && port > 0 {
		server = net.JoinHostPort(strings.Trim(server, "[]"), strconv.Itoa(port))
	}
	return server
}

// overlay is the option of run that puts a server into the place of another.
func overlay(from, to string) string { return "--upstream " + from + "=" + to }

// answered is the sentence of a status that has no cause of its own.
func answered(c *httpd.Cause, x *Diagnosis, at string) string {
	by := "the server"
	if c.Step != nil {
		by = c.Step.Name
	}
	text := fmt.Sprintf("%s answered %d", by, c.Status)
	if l, _ := c.Fact("log").(string); l != "" {
		text += ": " + l
	}
	if at == "" && x.In != "" && x.At.IsValid() {
		at = fmt.Sprintf(" (location %s %s)", x.In, x.At)
	}
	return text + at
}

// bigHeader names the sizes nginx accepts together: busy buffers are at least one
// buffer and that of the head, and less than all buffers but one.
func bigHeader(c *httpd.Cause, at string) (text, fix string) {
	got, _ := c.Fact("size").(int)
	more := ""
	if whole, _ := c.Fact("whole").(bool); !whole {
		more = " or more"
	}
	text = fmt.Sprintf("the response header of upstream %v has %d bytes%s, and there is room for %v; the largest field is %v with %v bytes%s",
		c.Fact("upstream"), got, more, c.Fact("limit"), c.Fact("largest"), c.Fact("largest-size"), at)
	name := strings.TrimSuffix(directiveOf(c.Loc, c.Directive), "_buffer_size")
	kilo := max(1<<bits.Len(uint(max(got-1, 0)/1024)), 8)
	return text, fmt.Sprintf("%[1]s_buffer_size %[2]dk; %[1]s_buffers 4 %[2]dk; %[1]s_busy_buffers_size %[3]dk;.", name, kilo, 2*kilo)
}

func cycle(c *httpd.Cause) (text, fix string) {
	hops, _ := c.Fact("hops").([]string)
	const most = 4
	shown := hops
	if len(shown) > most {
		shown = shown[:most]
	}
	text = "the URI was changed too often: " + strings.Join(shown, " → ")
	if len(hops) > most {
		text += fmt.Sprintf(" → … (%d changes)", len(hops)-1)
	}
	if path, _ := c.Fact("path").(string); path != "" {
		if _, err := os.Stat(path); err != nil {
			text += fmt.Sprintf("; %q does not exist%s", path, nearest(c))
		}
	}
	return text, ""
}

// nearest says what is there of the path of a file that is not.
func nearest(c *httpd.Cause) string {
	path, _ := c.Fact("path").(string)
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		list, err := os.ReadDir(dir)
		switch {
		case err == nil && len(list) == 0:
			return fmt.Sprintf(" (the folder %s is empty)", dir)
		case err == nil && dir != filepath.Dir(path):
			return fmt.Sprintf(" (there is %s, and nothing of the rest)", dir)
		case err == nil || dir == filepath.Dir(dir):
			return ""
		}
	}
}

// indexBeside returns the index.html of the root under which a page of an
// application was looked for, if a browser did.
func indexBeside(r *httpd.Request, c *httpd.Cause) string {
	path, _ := c.Fact("path").(string)
	if !wantsPage(r) || c.Loc == nil {
		return ""
	}
	root, ok := strings.CutSuffix(path, string(r.URI))
	if !ok {
		rest := strings.TrimPrefix(string(r.URI), c.Loc.Name)
		if root, ok = strings.CutSuffix(path, rest); !ok {
			return ""
		}
	}
	index := filepath.Join(root, "index.html")
	if info, err := os.Stat(index); err != nil || !info.Mode().IsRegular() || index == filepath.Clean(path) {
		return ""
	}
	return index
}

func seconds(v any) string {
	d, _ := v.(time.Duration)
	if d < 100*time.Millisecond {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

// size is a number of bytes for people.
func size(v any) string {
	n, _ := v.(int64)
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}

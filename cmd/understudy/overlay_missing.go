package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/certs"
)

// What a configuration names and this machine does not have: hosts, certificates
// and other files. A notice says what is done about it, one of each kind.

// A kind is one kind of notice about things of which there may be many.
type kind struct {
	text  string // with %s for the first of them
	items []string
}

// A gathering is kinds of notices that are to be given.
type gathering []kind

// add adds to a kind of notice.
func (g *gathering) add(text, item string) {
	for i := range *g {
		if k := &(*g)[i]; k.text == text {
			if !slices.Contains(k.items, item) {
				k.items = append(k.items, item)
			}
			return
		}
	}
	*g = append(*g, kind{text, []string{item}})
}

// notices are one notice of each kind.
func (g gathering) notices() (list []string) {
	for _, k := range g {
		item := k.items[0]
		if n := len(k.items) - 1; n > 0 {
			item += fmt.Sprintf(", and %d more", n)
		}
		list = append(list, fmt.Sprintf(k.text, item))
	}
	return list
}

func (f *foreground) gather(text, item string) { f.gathered.add(text, item) }

// tellGathered gives a notice of each kind.
func (f *foreground) tellGathered() {
	for _, text := range f.gathered.notices() {
		f.notice("%s", text)
	}
	f.gathered = nil
}

// spec is the overlay as the configuration's directives ask for it.
func (f *foreground) spec() *spec.Overlay {
	return &spec.Overlay{Server: f.overlay.servers(), Unresolved: f.unresolved, Certificate: f.certificate, Missing: f.missing}
}

// missing is told of a file for TLS that cannot be read.
func (f *foreground) missing(name string, why error) bool {
	f.gather("files for TLS that cannot be read are done without: %s", fmt.Sprintf("%s (%v)", name, cause(why)))
	return true
}

// certificate makes a certificate for names, if there is none.
func (f *foreground) certificate(cert, key string, names []string, why error) (*tls.Certificate, error) {
	if readable(cert) && readable(key) {
		return nil, why
	}
	if f.authority == nil {
		var err error
		if f.authority, err = certs.OpenAuthority(dataDir()); err != nil {
			return nil, err
		}
	}
	for _, h := range f.overlay.hosts {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, h.from) }) {
			names = append(slices.Clip(names), h.to)
		}
	}
	c, err := f.authority.Issue(names)
	if err != nil {
		return nil, err
	}
	f.gather("certificates that are not there are made by a local authority, which browsers trust after \"understudy trust\": %s", cert)
	return c, nil
}

func readable(name string) bool {
	if strings.HasPrefix(name, "data:") {
		return true
	}
	f, err := os.Open(name)
	if err == nil {
		f.Close()
	}
	return err == nil
}

// unresolved is told of a host without an address.
func (f *foreground) unresolved(u spec.Unresolved) {
	if !slices.ContainsFunc(f.unknown, func(x spec.Unresolved) bool { return x.Host == u.Host && x.Without == u.Without }) {
		f.unknown = append(f.unknown, u)
	}
}

// unresolvedHosts are the findings about them, with hosts of similar names that
// the person may have meant.
func (f *foreground) unresolvedHosts(tree *parser.Tree) (list diag.List) {
	if len(f.unknown) == 0 {
		return nil
	}
	services, file := composeServices(filepath.Dir(f.source.conf))
	var known []string
	for _, d := range tree.Directives {
		known = append(known, serverHosts(d)...)
	}
	known = slices.DeleteFunc(known, func(h string) bool {
		return slices.ContainsFunc(f.unknown, func(u spec.Unresolved) bool { return u.Host == h })
	})
	known = append(known, services...)
	for _, u := range f.unknown {
		detail, service := u.Without, slices.Contains(services, u.Host)
		if near := spec.Near(u.Host, known); len(near) > 0 && !service {
			detail += fmt.Sprintf("\ndid you mean %q?", near[0])
		}
		switch {
		case u.Upstream && service:
			detail += fmt.Sprintf("\nit is a service of %s: publish its port and say --upstream %s=localhost:PORT", file, u.Host)
		case u.Upstream:
			detail += fmt.Sprintf("\nif it is on another port here: --upstream %s=localhost:PORT", u.Host)
		}
		list = append(list, diag.Diagnostic{
			Pos: u.At, Severity: diag.Warning, Code: "unresolved-host", Detail: detail,
			Msg: fmt.Sprintf("host %q does not resolve here; nginx would not start", u.Host),
		})
	}
	f.unknown = nil
	return list
}

// serverHosts returns the hosts of server directives in upstream blocks.
func serverHosts(d *parser.Directive) (hosts []string) {
	if d.Err != nil {
		return nil
	}
	if d.Name.Text == "server" && len(d.Args) > 0 && d.Parent != nil && d.Parent.Name.Text == "upstream" {
		if host := hostOf(d.Args[0].Text); host != "" {
			return []string{host}
		}
		return nil
	}
	for _, c := range d.Block {
		hosts = append(hosts, serverHosts(c)...)
	}
	return hosts
}

var composeFiles = []string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}

// yamlKey is compiled by those who read such a file: most runs do not.
var yamlKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^( *)["']?([\w.-]+)["']?:`) })

// composeServices returns the names of the services in a compose file in dir or
// one of the two folders above. It reads no more of YAML than that.
func composeServices(dir string) (names []string, file string) {
	dir, err := filepath.Abs(dir)
	for range 3 {
		for _, c := range composeFiles {
			text, rerr := os.ReadFile(filepath.Join(dir, c))
			if err == nil && rerr == nil {
				return servicesOf(text), c
			}
		}
		dir = filepath.Dir(dir)
	}
	return nil, ""
}

func servicesOf(text []byte) (names []string) {
	inside, indent := false, 0
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		m := yamlKey().FindStringSubmatch(s.Text())
		switch {
		case m == nil:
		case m[1] == "":
			inside, indent = m[2] == "services", 0
		case inside && (indent == 0 || len(m[1]) == indent):
			indent = len(m[1])
			names = append(names, m[2])
		}
	}
	return names
}

// How long looking a name up may keep the configuration from starting: most names
// that have no address are a container's, and where nobody answers for one, nobody
// does for the next.
const (
	lookupFirst = 2 * time.Second
	lookupLater = 200 * time.Millisecond
)

// lookup resolves a host name when the configuration is read, each once.
func (f *foreground) lookup(host string) ([]string, error) {
	if found, ok := f.looked[host]; ok {
		return found.addrs, found.err
	}
	was, before := f.failing[host]
	if before && f.silent { // one wait for all of them
		f.looked[host] = was
		return was.addrs, was.err
	}
	limit := lookupFirst
	if f.deaf || before {
		limit = lookupLater
	}
	began := time.Now()
	addrs, err := lookupWithin(host, limit)
	if err != nil && time.Since(began) >= limit {
		f.deaf, f.silent = true, true
	}
	f.looked[host] = lookedUp{addrs, err}
	return addrs, err
}

// forgetHosts has all hosts looked up anew: one that had no address may have one now.
func (f *foreground) forgetHosts() {
	f.failing, f.looked, f.silent = f.looked, map[string]lookedUp{}, false
	maps.DeleteFunc(f.failing, func(_ string, found lookedUp) bool { return found.err == nil })
}

type lookedUp struct {
	addrs []string
	err   error
}

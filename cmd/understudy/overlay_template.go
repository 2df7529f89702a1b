package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"understudy/parser"
	"understudy/parser/diag"
)

// The image of nginx makes configuration files of templates when it starts:
// 20-envsubst-on-templates.sh in docker-nginx. The same is done here, without
// files being written: a template is read in the place of what would be made of it.

// templating is what the environment says about templates.
type templating struct {
	dir, suffix, output        string // of the http block
	streamSuffix, streamOutput string
	env                        map[string]string // what may be substituted
	outputs                    map[string]string // names of files, and the templates they are made of
	replaced                   []replacement
	templated                  map[string]bool // files that are templates
	streamTemplates            bool
	badFilter                  error // NGINX_ENVSUBST_FILTER is no regular expression: nothing is substituted
}

// A replacement is one variable of the environment that stood in a template.
type replacement struct {
	name, value string
	at          diag.Pos
}

// templatesOf reads the environment. dir is the folder of the configuration, which
// is that of the image's /etc/nginx.
func templatesOf(dir string, environ []string) *templating {
	env := map[string]string{}
	for _, e := range environ {
		if name, value, ok := strings.Cut(e, "="); ok {
			env[name] = value
		}
	}
	or := func(name, other string) string {
		if v := env[name]; v != "" {
			return v
		}
		return other
	}
	here := func(path string) string {
		if rest, ok := strings.CutPrefix(path+"/", packagedConf+"/"); ok {
			return strings.TrimSuffix(dir+"/"+rest, "/")
		}
		return path
	}
	t := &templating{
		dir:          strings.TrimSuffix(here(or("NGINX_ENVSUBST_TEMPLATE_DIR", packagedConf+"/templates")), "/"),
		suffix:       or("NGINX_ENVSUBST_TEMPLATE_SUFFIX", ".template"),
		output:       here(or("NGINX_ENVSUBST_OUTPUT_DIR", packagedConf+"/conf.d")),
		streamSuffix: or("NGINX_ENVSUBST_STREAM_TEMPLATE_SUFFIX", ".stream-template"),
		streamOutput: here(or("NGINX_ENVSUBST_STREAM_OUTPUT_DIR", packagedConf+"/stream-conf.d")),
		env:          map[string]string{}, outputs: map[string]string{}, templated: map[string]bool{},
	}
	filter, err := regexp.Compile(env["NGINX_ENVSUBST_FILTER"])
	t.badFilter = err
	for name, value := range env {
		if err == nil && filter.MatchString(name) && isVariable(name) {
			t.env[name] = value
		}
	}
	t.find()
	return t
}

// find lists the templates.
func (t *templating) find() {
	// filepath.WalkDir follows no links, and the script does; one level of them
	// is what images have.
	_ = filepath.WalkDir(t.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			return nil
		}
		path = filepath.ToSlash(path)
		rest := strings.TrimPrefix(path, t.dir+"/")
		if name, ok := strings.CutSuffix(rest, t.suffix); ok {
			t.add(t.output+"/"+name, path)
		}
		if name, ok := strings.CutSuffix(rest, t.streamSuffix); ok {
			t.add(t.streamOutput+"/"+name, path)
			t.streamTemplates = true
		}
		return nil
	})
}

func (t *templating) add(output, template string) {
	t.outputs[output], t.templated[template] = template, true
}

// isVariable reports whether envsubst takes a name for that of a variable.
func isVariable(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isLetter(c) && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// substitute does what envsubst does: $NAME and ${NAME} become the values of those
// variables that are defined, all else stays. file is for the places, which are
// those in the result.
func (t *templating) substitute(file, src string) string {
	var b strings.Builder
	b.Grow(len(src))
	line, start := 1, 0 // of the result
	for i := 0; i < len(src); {
		if src[i] != '$' {
			b.WriteByte(src[i])
			if src[i] == '\n' {
				line, start = line+1, b.Len()
			}
			i++
			continue
		}
		j := i + 1
		brace := j < len(src) && src[j] == '{'
		if brace {
			j++
		}
		end := j
		for end < len(src) && (isLetter(src[end]) || end > j && src[end] >= '0' && src[end] <= '9') {
			end++
		}
		name, next := src[j:end], end
		ok := name != ""
		if brace {
			ok = ok && end < len(src) && src[end] == '}'
			next++
		}
		value, defined := t.env[name]
		if !ok || !defined {
			b.WriteByte('$')
			i++
			continue
		}
		t.replaced = append(t.replaced, replacement{name, value, diag.Pos{File: file, Line: line, Col: b.Len() - start + 1}})
		b.WriteString(value)
		if n := strings.LastIndexByte(value, '\n'); n >= 0 {
			line, start = line+strings.Count(value, "\n"), b.Len()-len(value)+n+1
		}
		i = next
	}
	return b.String()
}

// template returns the template that a file, or all that a pattern matches, would
// be made of.
func (s *source) template(name string) string {
	if s.templates == nil {
		return name
	}
	if t, ok := s.templates.outputs[name]; ok {
		return t
	}
	return name
}

// hasOutput reports whether templates make a file of a name, which may be a
// pattern.
func (s *source) hasOutput(name string) bool { return len(s.outputsOf(name)) > 0 }

func (s *source) outputsOf(pattern string) (list []string) {
	if s.templates == nil {
		return nil
	}
	dir, base := filepath.Split(pattern)
	for out := range s.templates.outputs {
		if d, b := filepath.Split(out); d == dir && (b == base || parser.Match(base, b)) {
			list = append(list, out)
		}
	}
	return list
}

// glob is parser.Glob with the files that templates make.
func (s *source) glob(pattern string) ([]string, error) {
	s.read = append(s.read, filepath.Dir(pattern))
	list, err := parser.Glob(pattern)
	more := s.outputsOf(pattern)
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	slices.Sort(list)
	for i := range list {
		list[i] = s.template(list[i])
	}
	return list, err
}

// imageConf is the nginx.conf of the image, as far as it is about requests.
const imageConf = `# nginx.conf of the image, built in
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                    '$status $body_bytes_sent "$http_referer" '
                    '"$http_user_agent" "$http_x_forwarded_for"';
    sendfile on;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}
`

// isImage reports whether a folder is laid out as the image's /etc/nginx without
// the nginx.conf that the image has.
func isImage(dir string) bool {
	if found, _ := filepath.Glob(filepath.Join(dir, "conf.d", "*.conf")); len(found) > 0 {
		return true
	}
	t := templatesOf(filepath.ToSlash(dir), os.Environ())
	return len(t.outputs) > 0 && strings.HasPrefix(t.dir, filepath.ToSlash(dir)+"/")
}

// streamBlock is what the image appends to its nginx.conf for stream templates,
// unless that has a stream block, which then has to include them itself.
func (t *templating) streamBlock(conf string) string {
	if !t.streamTemplates || hasStream().MatchString(conf) {
		return ""
	}
	return "\n# for the stream templates\nstream {\n  include " + t.streamOutput + "/*.conf;\n}\n"
}

var hasStream = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)\s*stream\s*\{`) })

// substituted tells of each variable that was replaced in a template.
func (f *foreground) substituted() {
	if t := f.source.templates; t.badFilter != nil && len(t.templated) > 0 {
		f.notice("NGINX_ENVSUBST_FILTER cannot be used, and nothing is replaced in templates: %v", t.badFilter)
	}
	for _, r := range f.source.templates.replaced {
		f.notice("template %s: $%s is replaced by %s, from the environment", r.at, r.name, shown(r.name, r.value))
	}
}

// shown is a value as it may stand in a terminal that others see.
func shown(name, value string) string {
	const most = 60
	switch {
	case secret().MatchString(name):
		return "what is not shown"
	case len(value) > most:
		value = value[:most] + "…"
	}
	return strconv.Quote(value)
}

var secret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)pass|secret|token|key|credential|auth`)
})

// decorate is decorate with what templates have to do with the findings: variables
// of the environment that stand in the place of nginx's, and others that are not
// in the environment.
func (s *source) decorate(tree *parser.Tree, found diag.List) diag.List {
	found = decorate(tree, found)
	for i := range found {
		if d := &found[i]; d.Code == "unknown-variable" && s.templates.templated[d.Pos.File] {
			d.Detail = "the file is a template: set the variable in the environment, from which it is replaced"
		}
	}
	return found
}

// shadowed are the findings about variables of nginx that the environment has too.
func (s *source) shadowed(known func(name string) bool) (list diag.List) {
	for _, r := range s.templates.replaced {
		if !known(r.name) {
			continue
		}
		list = append(list, diag.Diagnostic{
			Pos: r.at, Severity: diag.Warning, Code: "shadowed-variable",
			Msg:    fmt.Sprintf("$%s of the template is defined in the environment and was replaced by %s: nginx's own variable is lost", r.name, shown(r.name, r.value)),
			Detail: "set NGINX_ENVSUBST_FILTER to a regular expression for the names that are meant, or rename the variable",
		})
	}
	return list
}

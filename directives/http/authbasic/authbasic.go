// Package authbasic asks clients for a user name and a password with the Basic
// scheme (RFC 7617).
//
// https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html
package authbasic

import (
	"errors"
	"io/fs"
	"os"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

const anywhere = spec.HTTP | spec.Server | spec.Location | spec.LimitExcept

// Module is ngx_http_auth_basic_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_auth_basic",
	Directives: []spec.Directive[conf]{{
		Name: "auth_basic", In: anywhere, Syntax: "string | off",
		Doc: "Asks for a user name and a password, and names the realm they are for.",
		Set: spec.SetTemplate(func(c *conf) *spec.Value[*httpd.Template] { return &c.realm }),
	}, {
		Name: "auth_basic_user_file", Names: spec.PasswordFile, In: anywhere, Syntax: "file",
		Doc: "Names the file with the users and the hashes of their passwords.",
		Set: spec.SetTemplate(func(c *conf) *spec.Value[*httpd.Template] { return &c.file }),
	}},
	Location: (*conf).addTo,
}

type conf struct {
	realm spec.Value[*httpd.Template]
	file  spec.Value[*httpd.Template]
}

// addTo adds a step that lets in only users of the file.
func (c *conf) addTo(b *spec.Builder) error {
	if !c.realm.Given() {
		return nil
	}
	realm, literal := c.realm.V.Literal()
	if literal && string(realm) == "off" {
		return nil
	}
	if !c.file.Given() {
		b.Hintf(c.realm.Pos, "no-user-file", "without auth_basic_user_file everybody is let in")
		return nil
	}
	u := &users{realm: c.realm.V, file: c.file.V, confName: b.Env().ConfName}
	if name, ok := c.file.V.Literal(); ok {
		u.name = b.Env().ConfName(string(name))
	}
	b.Access = append(b.Access, httpd.Step{Name: "auth_basic", Pos: c.realm.Pos, Run: u.run})
	return nil
}

// Users are those a location lets in.
type users struct {
	realm    *httpd.Template
	file     *httpd.Template
	name     string              // of the file, if it has no variables
	confName func(string) string // makes a name absolute
}

func (u *users) run(r *httpd.Request) httpd.Status {
	realm := r.Eval(u.realm)
	if string(realm) == "off" {
		return httpd.Declined
	}
	user, password, ok := r.BasicAuth()
	if !ok {
		r.Errorf(logs.Info, "no user/password was provided for basic authentication")
		return ask(r, realm)
	}
	name := u.name
	if name == "" {
		name = u.confName(string(r.Eval(u.file)))
	}
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.Errorf(logs.Error, `open() "%s" failed%s`, name, httpd.Errno(err))
		return 403
	case err != nil:
		r.Errorf(logs.Crit, `open() "%s" failed%s`, name, httpd.Errno(err))
		return 500
	}
	hash, ok := lookup(data, user)
	if !ok {
		r.Errorf(logs.Error, `user "%s" was not found in "%s"`, user, name)
		return ask(r, realm)
	}
	switch ok, err := verify(password, hash); {
	case err != nil:
		r.Errorf(logs.Crit, `user "%s": %v`, user, err)
		return 500
	case !ok:
		r.Errorf(logs.Error, `user "%s": password mismatch`, user)
		return ask(r, realm)
	}
	return httpd.OK
}

// ask refuses r and asks for a password.
func ask(r *httpd.Request, realm []byte) httpd.Status {
	v := append(r.Alloc(len(realm)+16), `Basic realm="`...)
	v = append(append(v, realm...), '"')
	return r.Challenge(v)
}

// lookup returns the hash of a user's password. The file has lines of
// "user:hash", which may go on behind another ":". It is read as nginx does,
// down to the line behind one that is a beginning of the user's name, which is
// not seen.
func lookup(file, user []byte) (hash []byte, ok bool) {
	const (
		login = iota
		passwd
		skip
	)
	state, n, start := login, 0, 0
	for i, c := range file {
		switch state {
		case login:
			switch {
			case n == 0 && (c == '#' || c == '\r'):
				state = skip
			case n == 0 && c == '\n':
			case n == len(user) && c == ':':
				state, start = passwd, i+1
			case n == len(user) || c != user[n]:
				state = skip
			default:
				n++
			}
		case passwd:
			if c == '\n' || c == '\r' || c == ':' {
				return file[start:i], true
			}
		case skip:
			if c == '\n' {
				state, n = login, 0
			}
		}
	}
	return file[start:], state == passwd
}

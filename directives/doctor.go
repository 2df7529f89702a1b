package directives

import (
	"understudy/runtime/doctor"
	"understudy/runtime/httpd"
)

// Setting says what a directive comes to in a location, for a doctor. c must have been
// compiled with Remember or Offline.
func (c *Compiled) Setting(l *httpd.Location, directive, version string) doctor.Setting {
	s := c.Main.Built(l)
	if s == nil && l.Server != nil {
		s = c.Main.Built(l.Server.Root)
	}
	if s == nil {
		return doctor.Setting{}
	}
	f := s.EffectOf(directive)
	var out doctor.Setting
	if len(f.Given) > 0 {
		out.Text, out.Pos = f.Given[0].Text(version), f.Given[0].Pos()
	}
	for _, lost := range f.Lost {
		out.Lost = append(out.Lost, lost.Text(version))
	}
	return out
}

package pass

import (
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

// buffering are the directives about memory.
func (d family[C]) buffering() []spec.Directive[C] {
	buffers := d.directive("buffers", "number size", "8 4k", "Sets the number and size of the buffers for a response.",
		spec.SetBuffers(func(c *C) *spec.Value[spec.Buffers] { return &d.at(c).buffers }))
	temp := scalar(d, "temp_path", "path [level1 [level2 [level3]]]", d.Prefix+"temp 1 2", "Sets the folder for responses that do not fit into memory.",
		spec.Words, spec.Between(1, 4), func(c *Conf) *spec.Value[*httpd.TempPath] { return &c.tempPath }, spec.TempPath)
	temp.Names = spec.FolderName
	return []spec.Directive[C]{
		d.flag("buffering", "on", "Reads a response as fast as the server sends it.", func(c *Conf) *spec.Value[bool] { return &c.buffering }),
		buffers,
		d.size("busy_buffers_size", "", "Limits how much of a response waits to be sent to the client.", func(c *Conf) *spec.Value[int64] { return &c.busySize }),
		temp,
		d.size("max_temp_file_size", "", "Limits a response's temporary file; 0 makes none.", func(c *Conf) *spec.Value[int64] { return &c.maxTemp }),
		d.size("temp_file_write_size", "", "Limits what is written to a temporary file at once.", func(c *Conf) *spec.Value[int64] { return &c.tempWrite }),
	}
}

// defaultMaxTemp is the default of …_max_temp_file_size.
const defaultMaxTemp = 1 << 30

// setBuffers sets what the directives about memory mean. Defaults that depend on
// the sizes of buffers are those of ngx_http_proxy_merge_loc_conf.
func (c *Conf) setBuffers(s *gateway.Settings) {
	s.Buffering = c.buffering.V
	s.BufferSize, s.Buffers, s.BufferUnit = int(c.bufferSize.V), c.buffers.V.Number, c.buffers.V.Size
	twice := 2 * max(c.bufferSize.V, int64(s.BufferUnit))
	s.BusySize, s.TempWrite, s.MaxTemp, s.TempPath = int(twice), twice, defaultMaxTemp, c.tempPath.V
	if c.busySize.Given() {
		s.BusySize = int(c.busySize.V)
	}
	if c.tempWrite.Given() {
		s.TempWrite = c.tempWrite.V
	}
	if c.maxTemp.Given() {
		s.MaxTemp = c.maxTemp.V
	}
}

// checkBuffers is what nginx checks of the sizes when the block is complete.
func (c *Conf) checkBuffers(k Kind, b *spec.Builder) error {
	// Of these messages, each "*" stands for the prefix.
	const (
		tooFew    = `there must be at least 2 "*buffers"`
		busySmall = `"*busy_buffers_size" must be equal to or greater than the maximum of the value of "*buffer_size" and one of the "*buffers"`
		busyLarge = `"*busy_buffers_size" must be less than the size of all "*buffers" minus one buffer`
		tempSmall = `"*temp_file_write_size" must be equal to or greater than the maximum of the value of "*buffer_size" and one of the "*buffers"`
		fileSmall = `"*max_temp_file_size" must be equal to zero to disable temporary files usage or must be equal to or greater than the maximum of the value of "*buffer_size" and one of the "*buffers"`
	)
	fail := func(at diag.Pos, msg string) error {
		return b.ErrorAtEnd(at, strings.ReplaceAll(k.Prefix, "_", "-")+"buffers", "%s", strings.ReplaceAll(msg, "*", k.Prefix))
	}
	n, unit := int64(c.buffers.V.Number), int64(c.buffers.V.Size)
	large := max(c.bufferSize.V, unit)
	switch {
	case n < 2:
		return fail(c.buffers.Pos, tooFew)
	case c.busySize.Given() && c.busySize.V < large:
		return fail(c.busySize.Pos, busySmall)
	case c.busySize.Given() && c.busySize.V > (n-1)*unit:
		return fail(c.busySize.Pos, busyLarge)
	case !c.busySize.Given() && 2*large > (n-1)*unit:
		return fail(c.bufferSize.Pos, busyLarge)
	case c.tempWrite.Given() && c.tempWrite.V < large:
		return fail(c.tempWrite.Pos, tempSmall)
	case c.maxTemp.Given() && c.maxTemp.V != 0 && c.maxTemp.V < large:
		return fail(c.maxTemp.Pos, fileSmall)
	}
	return nil
}

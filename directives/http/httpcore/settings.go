package httpcore

import (
	"time"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

func flag(name string, in spec.Context, def, doc string, field func(*conf) *spec.Value[bool]) spec.Directive[conf] {
	return spec.Directive[conf]{Name: name, In: in, Syntax: "on | off", Default: def, Doc: doc, Set: spec.SetFlag(field)}
}

func millis(name string, in spec.Context, def, doc string, field func(*conf) *spec.Value[time.Duration]) spec.Directive[conf] {
	return spec.Directive[conf]{Name: name, In: in, Syntax: "time", Default: def, Doc: doc, Set: spec.SetTime(field, true)}
}

func size(name string, in spec.Context, def, doc string, field func(*conf) *spec.Value[int64]) spec.Directive[conf] {
	return spec.Directive[conf]{Name: name, In: in, Syntax: "size", Default: def, Doc: doc, Set: spec.SetSize(field, false)}
}

// headers are the directives about the head of a request.
var headers = []spec.Directive[conf]{
	millis("client_header_timeout", servers, "60s", "Limits the time to read the head of a request.", func(c *conf) *spec.Value[time.Duration] { return &c.headerTimeout }),
	size("client_header_buffer_size", servers, "1k", "Sets the size of the buffer a head is first read into.", func(c *conf) *spec.Value[int64] { return &c.headerBuffer }),
	{
		Name: "large_client_header_buffers", In: servers, Syntax: "number size", Default: "4 8k",
		Doc: "Sets how many buffers a head may take, and the size of each, which one line must fit into.",
		Set: spec.SetBuffers(func(c *conf) *spec.Value[spec.Buffers] { return &c.largeBuffers }),
	},
	{
		Name: "max_headers", Since: "1.29.8", In: servers, Syntax: "number", Default: "1000",
		Doc: "Limits the number of header lines of a request.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.maxHeaders }, 0, 0),
	},
	flag("ignore_invalid_headers", servers, "on", "Drops header fields with invalid names.", func(c *conf) *spec.Value[bool] { return &c.ignoreInvalid }),
	flag("merge_slashes", servers, "on", "Makes one slash of several in a row.", func(c *conf) *spec.Value[bool] { return &c.mergeSlashes }),
	flag("underscores_in_headers", servers, "off", "Takes underscores in header field names.", func(c *conf) *spec.Value[bool] { return &c.underscores }),
	{
		Name: "connection_pool_size", In: servers, Syntax: "size", Default: "512",
		Doc: "Tunes nginx's memory allocation.",
		Set: spec.Accept(noPools, spec.Scalar(func(c *conf) *spec.Value[int64] { return &c.connectionPool }, spec.Size, spec.Exactly(1), nil, poolSize)),
	},
	{
		Name: "client_body_early_read", In: servers, Syntax: "string ...",
		Doc: "Reads the body of a request before anything else is done, if one of the strings is neither empty nor 0.",
		Set: spec.SetPredicates(func(c *conf) *spec.Value[[]*httpd.Template] { return &c.earlyRead }),
	},
}

// bodies are the directives about the body of a request.
var bodies = []spec.Directive[conf]{
	{
		Name: "client_max_body_size", In: anywhere, Syntax: "size", Default: "1m",
		Doc: "Limits the size of a request body; 0 is no limit.",
		Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.maxBody }, true),
	},
	size("client_body_buffer_size", anywhere, "16k", "Sets how much of a body is kept in memory.", func(c *conf) *spec.Value[int64] { return &c.bodyBuffer }),
	millis("client_body_timeout", anywhere, "60s", "Limits the time between two reads of a body.", func(c *conf) *spec.Value[time.Duration] { return &c.bodyTimeout }),
	{
		Name: "client_body_temp_path", Names: spec.FolderName, In: anywhere, Args: spec.Between(1, 4), Syntax: "path [level1 [level2 [level3]]]", Default: "client_body_temp",
		Doc: "Sets the folder for bodies that do not fit into memory.",
		Set: spec.Scalar(func(c *conf) *spec.Value[*httpd.TempPath] { return &c.bodyTemp }, spec.Words, spec.Between(1, 4), nil, spec.TempPath),
	},
	{
		Name: "client_body_in_file_only", In: anywhere, Syntax: "on | clean | off", Default: "off",
		Doc: "Stores every body in a file.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[httpd.BodyFile] { return &c.bodyInFile },
			map[string]httpd.BodyFile{"off": httpd.BodyFileOff, "on": httpd.BodyFileOn, "clean": httpd.BodyFileClean}),
	},
}

// sending are the directives about sending responses.
var sending = []spec.Directive[conf]{
	flag("sendfile", orIf, "off", "Sends files without reading them.", func(c *conf) *spec.Value[bool] { return &c.sendfile }),
	flag("tcp_nopush", anywhere, "off", "Sends full packets only while a file is being sent.", func(c *conf) *spec.Value[bool] { return &c.nopush }),
	flag("tcp_nodelay", anywhere, "on", "Sends small packets at once.", func(c *conf) *spec.Value[bool] { return &c.nodelay }),
	millis("send_timeout", anywhere, "60s", "Limits the time between two writes to the client.", func(c *conf) *spec.Value[time.Duration] { return &c.sendTimeout }),
	size("postpone_output", anywhere, "1460", "Holds back less than this.", func(c *conf) *spec.Value[int64] { return &c.postpone }),
	{
		Name: "limit_rate", In: orIf, Syntax: "rate", Default: "0",
		Doc: "Limits a response to so many bytes a second.",
		Set: spec.Scalar(func(c *conf) *spec.Value[*httpd.Template] { return &c.rate }, spec.Size, spec.Exactly(1), nil, spec.SizeTemplate),
	},
	{
		Name: "limit_rate_after", In: orIf, Syntax: "size", Default: "0",
		Doc: "Sets how much of a response is sent before limit_rate applies.",
		Set: spec.Scalar(func(c *conf) *spec.Value[*httpd.Template] { return &c.rateAfter }, spec.Size, spec.Exactly(1), nil, spec.SizeTemplate),
	},
	flag("chunked_transfer_encoding", anywhere, "on", "Sends bodies of unknown length in chunks to HTTP/1.1 clients.", func(c *conf) *spec.Value[bool] { return &c.chunked }),
}

// connections are the directives about the client's connection.
var connections = []spec.Directive[conf]{
	millis("keepalive_time", anywhere, "1h", "Limits the time a connection is kept for further requests.", func(c *conf) *spec.Value[time.Duration] { return &c.keepaliveTime }),
	{
		Name: "keepalive_timeout", In: anywhere, Args: spec.Between(1, 2), Syntax: "timeout [header_timeout]", Default: "75s",
		Doc: "Sets how long a connection waits for its next request, and what the Keep-Alive field says of it.",
		Set: spec.Scalar(func(c *conf) *spec.Value[[2]time.Duration] { return &c.keepaliveTimeout }, spec.Time, spec.Between(1, 2), nil, keepaliveTimeout),
	},
	millis("keepalive_min_timeout", anywhere, "0", "Keeps idle connections at least that long when shutting down.", func(c *conf) *spec.Value[time.Duration] { return &c.keepaliveMin }),
	{
		Name: "keepalive_requests", In: anywhere, Syntax: "number", Default: "1000",
		Doc: "Limits the number of requests on one connection.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.keepaliveRequests }, 0, 0),
	},
	{
		Name: "keepalive_disable", In: anywhere, Args: spec.Between(1, 2), Syntax: "none | browser ...", Default: "msie6",
		Doc: "Closes the connections of browsers that misbehave with them.",
		Set: spec.SetBits(func(c *conf) *spec.Value[httpd.BrowserSet] { return &c.keepaliveDisable },
			map[string]httpd.BrowserSet{"none": httpd.BrowserNone, "msie6": httpd.BrowserMSIE6, "safari": httpd.BrowserSafari}),
	},
	{
		Name: "lingering_close", In: anywhere, Syntax: "off | on | always", Default: "on",
		Doc: "Closes a connection only when the client has stopped sending.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[httpd.Lingering] { return &c.lingering },
			map[string]httpd.Lingering{"off": httpd.LingeringOff, "on": httpd.LingeringOn, "always": httpd.LingeringAlways}),
	},
	millis("lingering_time", anywhere, "30s", "Limits the time that what a client still sends is read.", func(c *conf) *spec.Value[time.Duration] { return &c.lingeringTime }),
	millis("lingering_timeout", anywhere, "5s", "Limits the time that a client may fall silent meanwhile.", func(c *conf) *spec.Value[time.Duration] { return &c.lingeringTimeout }),
	flag("reset_timedout_connection", anywhere, "off", "Resets connections that timed out.", func(c *conf) *spec.Value[bool] { return &c.resetTimedout }),
}

func keepaliveTimeout(call *spec.Call) ([2]time.Duration, error) {
	t, ok := spec.ParseTime(call.Args[0].Text, true)
	if !ok {
		return [2]time.Duration{}, errInvalidValue
	}
	if len(call.Args) == 1 {
		return [2]time.Duration{t}, nil
	}
	h, ok := spec.ParseTime(call.Args[1].Text, false)
	if !ok {
		return [2]time.Duration{}, errInvalidValue
	}
	return [2]time.Duration{t, h}, nil
}

// redirects are the directives about the Location field.
var redirects = []spec.Directive[conf]{
	flag("absolute_redirect", anywhere, "on", "Makes redirects absolute.", func(c *conf) *spec.Value[bool] { return &c.absolute }),
	flag("server_name_in_redirect", anywhere, "off", "Names the first server_name, not the client's Host, in redirects.", func(c *conf) *spec.Value[bool] { return &c.nameInRedirect }),
	flag("port_in_redirect", anywhere, "on", "Names the port in redirects.", func(c *conf) *spec.Value[bool] { return &c.portInRedirect }),
	flag("msie_refresh", anywhere, "off", "Answers MSIE with a refresh instead of a redirect.", func(c *conf) *spec.Value[bool] { return &c.msieRefresh }),
}

// limits are what remains: how requests are answered and logged.
var limits = []spec.Directive[conf]{
	{
		Name: "satisfy", In: anywhere, Syntax: "all | any", Default: "all",
		Doc: "Says whether all or any of the access modules must allow a request.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[httpd.Satisfy] { return &c.satisfy },
			map[string]httpd.Satisfy{"all": httpd.SatisfyAll, "any": httpd.SatisfyAny}),
	},
	millis("auth_delay", anywhere, "0s", "Delays the answer 401, so that passwords cannot be tried quickly.", func(c *conf) *spec.Value[time.Duration] { return &c.authDelay }),
	{
		Name: "post_action", In: orIf, Syntax: "uri | @name",
		Doc: "Asks for a URI, or enters a named location, when a request has been answered.",
		Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.postAction }),
	},
	{
		Name: "early_hints", Since: "1.29.0", In: anywhere, Syntax: "string ...",
		Doc: "Passes the 103 responses of a proxied server, if one of the strings is neither empty nor 0.",
		Set: spec.SetPredicates(func(c *conf) *spec.Value[[]*httpd.Template] { return &c.earlyHints }),
	},
	flag("msie_padding", anywhere, "on", "Makes error pages longer for browsers that hide short ones.", func(c *conf) *spec.Value[bool] { return &c.msiePadding }),
	flag("log_not_found", anywhere, "on", "Logs files that were not found.", func(c *conf) *spec.Value[bool] { return &c.logNotFound }),
	size("subrequest_output_buffer_size", anywhere, "4k", "Limits the body of a subrequest that is kept in memory.", func(c *conf) *spec.Value[int64] { return &c.subOutput }),
	flag("log_subrequest", anywhere, "off", "Logs subrequests.", func(c *conf) *spec.Value[bool] { return &c.logSubrequest }),
	{
		Name: "server_tokens", In: anywhere, Syntax: "on | off | build", Default: "on",
		Doc: "Shows the version in the Server field and on error pages.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[httpd.Tokens] { return &c.tokens },
			map[string]httpd.Tokens{"off": httpd.TokensOff, "on": httpd.TokensOn, "build": httpd.TokensBuild}),
	},
	{
		Name: "if_modified_since", In: anywhere, Syntax: "off | exact | before", Default: "exact",
		Doc: "Says how If-Modified-Since is compared with the time of a file.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[httpd.ModifiedRule] { return &c.modified },
			map[string]httpd.ModifiedRule{"off": httpd.ModifiedOff, "exact": httpd.ModifiedExact, "before": httpd.ModifiedBefore}),
	},
	{
		Name: "max_ranges", In: anywhere, Syntax: "number",
		Doc: "Limits the number of ranges of a request; 0 sends no ranges.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.maxRanges }, 0, 0),
	},
	flag("etag", anywhere, "on", "Gives files an ETag.", func(c *conf) *spec.Value[bool] { return &c.etag }),
}

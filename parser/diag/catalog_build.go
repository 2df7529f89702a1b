package diag

// Routing: NX2xx.
var routingEntries = []Entry{
	{ID: "NX205", Name: "name-conflict",
		Means: "Two server blocks have the same name on the same address. The second is never chosen by it.",
		Fix:   "Change one of the names or addresses, or merge the blocks."},
	{ID: "NX210", Name: "duplicate-location",
		Means: "Two locations of a server are the same. nginx does not start.", Fix: "Merge them."},
	{ID: "NX211", Name: "server-name",
		Means: "A server name contains a \"/\": it is a URL or path, and no Host is ever equal to it.", Fix: "Write the host name only."},
	{ID: "NX212", Name: "bad-name",
		Means: "The server name is none that a Host can be equal to.", Fix: "See the message."},
}

// Proxying and upstreams: NX3xx.
var proxyEntries = []Entry{
	{ID: "NX302", Name: "unresolved-host",
		Means: "A host that the configuration names, mostly of an upstream server, has no address on this machine. nginx would not start. understudy run does: it answers 502 where an upstream server is needed, and looks its name up again until it has an address; a name server or trusted proxy is done without until the configuration is read again.",
		Fix:   "Start the service, correct its name, or say who stands in for it: --upstream api:5001=localhost:3000."},
	{ID: "NX312", Name: "upstream",
		Means: "An upstream cannot be built as it is written.", Fix: "See the message, which is nginx's."},
}

// WebSocket and stream: NX4xx.
var streamEntries = []Entry{
	{ID: "NX410", Name: "no-listen",
		Means: "A server of stream listens on nothing.", Fix: "Add a listen directive: stream has no default."},
}

// TLS: NX5xx.
var tlsEntries = []Entry{
	{ID: "NX503", Name: "no-certificate",
		Means: "A server listens with ssl and has no certificate.", Fix: "Add ssl_certificate and ssl_certificate_key."},
	{ID: "NX504", Name: "no-key",
		Means: "A certificate is given without its key.", Fix: "Add the directive that is named."},
	{ID: "NX505", Name: "no-authorities",
		Means: "Certificates are to be verified, and nobody says by which authorities.", Fix: "Add the directive that is named."},
	{ID: "NX506", Name: "tls",
		Means: "TLS cannot be set up as it is written, or a part of it cannot be had here: this program uses Go's implementation, which has no old protocols and ciphers.",
		Fix:   "See the message."},
	{ID: "NX507", Name: "bad-file",
		Means: "A file with a certificate, a key or a list of either cannot be used.", Fix: "See the message, which is nginx's."},
}

// The machine: NX8xx.
var machineEntries = []Entry{
	{ID: "NX801", Name: "shadowed-variable",
		Means: "The environment has a variable of the same name as one of nginx, and envsubst has put its value into the template. nginx never sees the variable.",
		Fix:   "Set NGINX_ENVSUBST_FILTER to a regular expression for the names that are meant, or rename the variable."},
	{ID: "NX803", Name: "few-connections",
		Means: "worker_connections is smaller than the number of sockets to listen on.", Fix: "Raise it."},
	{ID: "NX804", Name: "cpu-masks",
		Means: "worker_cpu_affinity has not as many masks as there are workers.", Fix: "Write as many, or auto."},
	{ID: "NX805", Name: "user-ignored",
		Means: "Only root can become another user.", Fix: "Nothing, if that is what you want."},
	{ID: "NX806", Name: "unknown-user",
		Means: "There is no such user on this machine.", Fix: "Create it, or change the user directive."},
	{ID: "NX807", Name: "unknown-group",
		Means: "There is no such group on this machine.", Fix: "Create it, or change the user directive."},
	{ID: "NX808", Name: "stock-file",
		Means: "A file that comes with nginx, such as mime.types, is not on this machine; the one that is built in is read in its place.", Fix: "Nothing."},
	{ID: "NX809", Name: "protocol-options",
		Means: "Two listen directives for one address give it different protocols. The last is in force for both.", Fix: "Give both the same."},
	{ID: "NX810", Name: "accept-filter",
		Means: "Accept filters are of FreeBSD and NetBSD.", Fix: "Remove the parameter; on Linux deferred does something like it."},
	{ID: "NX811", Name: "declared-elsewhere",
		Means: "A part of a configuration, such as a file of conf.d, uses a zone or a log format that only the nginx.conf which includes it declares. The directive is passed over, and a log is written in the format combined.",
		Fix:   "Nothing, or check and run that nginx.conf in the place of its part."},
	{ID: "NX812", Name: "absent-file",
		Means: "A part of a configuration includes a file of the server that is not on this machine. The include is passed over.",
		Fix:   "Nothing, or say where the file is: --path /etc/nginx=./nginx maps folders of the server to yours."},
}

// Versions of nginx: NX9xx.
var versionEntries = []Entry{
	{ID: "NX903", Name: "listen-http2",
		Means: "The http2 parameter of listen is deprecated since nginx 1.25.1.", Fix: "Remove it and write http2 on; into the server."},
}

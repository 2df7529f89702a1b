package main

import (
	"strings"

	"understudy/directives/spec"
)

// An argument is one of nginx's configure, with a directive of the module that
// it adds or leaves out: the module is there if the directive is.
type argument struct {
	name, directive string
	in              spec.Context
}

// additional are modules that nginx has only if asked to.
var additional = []argument{
	{"debug", "debug_connection", spec.Events},
	{"threads", "aio", spec.HTTP},
	{"file-aio", "aio", spec.HTTP},
	{"http_ssl_module", "ssl_certificate", spec.Server},
	{"http_v2_module", "http2", spec.Server},
	{"http_v3_module", "http3", spec.Server},
	{"http_realip_module", "set_real_ip_from", spec.HTTP},
	{"http_addition_module", "add_before_body", spec.HTTP},
	{"http_xslt_module", "xslt_stylesheet", spec.Location},
	{"http_image_filter_module", "image_filter", spec.Location},
	{"http_geoip_module", "geoip_country", spec.HTTP},
	{"http_sub_module", "sub_filter", spec.HTTP},
	{"http_dav_module", "dav_methods", spec.HTTP},
	{"http_flv_module", "flv", spec.Location},
	{"http_mp4_module", "mp4", spec.Location},
	{"http_gunzip_module", "gunzip", spec.HTTP},
	{"http_gzip_static_module", "gzip_static", spec.HTTP},
	{"http_auth_request_module", "auth_request", spec.HTTP},
	{"http_random_index_module", "random_index", spec.Location},
	{"http_secure_link_module", "secure_link", spec.HTTP},
	{"http_degradation_module", "degradation", spec.HTTP},
	{"http_slice_module", "slice", spec.HTTP},
	{"http_perl_module", "perl_modules", spec.HTTP},
	{"http_stub_status_module", "stub_status", spec.Location},
	{"mail", "mail", spec.Main},
	{"mail_ssl_module", "ssl_certificate", spec.Mail},
	{"stream", "stream", spec.Main},
	{"stream_ssl_module", "ssl_certificate", spec.Stream},
	{"stream_realip_module", "set_real_ip_from", spec.Stream},
	{"stream_geoip_module", "geoip_country", spec.Stream},
	{"stream_ssl_preread_module", "ssl_preread", spec.Stream},
}

// ordinary are modules that nginx has unless told not to. The stream ones
// count only where there is a stream block.
var ordinary = []argument{
	{"http-cache", "proxy_cache_path", spec.HTTP},
	{"http_charset_module", "charset", spec.HTTP},
	{"http_gzip_module", "gzip", spec.HTTP},
	{"http_ssi_module", "ssi", spec.HTTP},
	{"http_userid_module", "userid", spec.HTTP},
	{"http_access_module", "allow", spec.HTTP},
	{"http_auth_basic_module", "auth_basic", spec.HTTP},
	{"http_mirror_module", "mirror", spec.HTTP},
	{"http_autoindex_module", "autoindex", spec.HTTP},
	{"http_geo_module", "geo", spec.HTTP},
	{"http_map_module", "map", spec.HTTP},
	{"http_split_clients_module", "split_clients", spec.HTTP},
	{"http_referer_module", "valid_referers", spec.Server},
	{"http_rewrite_module", "rewrite", spec.Server},
	{"http_proxy_module", "proxy_pass", spec.Location},
	{"http_fastcgi_module", "fastcgi_pass", spec.Location},
	{"http_uwsgi_module", "uwsgi_pass", spec.Location},
	{"http_scgi_module", "scgi_pass", spec.Location},
	{"http_grpc_module", "grpc_pass", spec.Location},
	{"http_tunnel_module", "tunnel_pass", spec.Location},
	{"http_memcached_module", "memcached_pass", spec.Location},
	{"http_limit_conn_module", "limit_conn", spec.HTTP},
	{"http_limit_req_module", "limit_req", spec.HTTP},
	{"http_empty_gif_module", "empty_gif", spec.Location},
	{"http_browser_module", "modern_browser", spec.HTTP},
	{"http_upstream_hash_module", "hash", spec.Upstream},
	{"http_upstream_ip_hash_module", "ip_hash", spec.Upstream},
	{"http_upstream_least_conn_module", "least_conn", spec.Upstream},
	{"http_upstream_least_time_module", "least_time", spec.Upstream},
	{"http_upstream_random_module", "random", spec.Upstream},
	{"http_upstream_keepalive_module", "keepalive", spec.Upstream},
	{"http_upstream_zone_module", "zone", spec.Upstream},
	{"http_upstream_sticky_module", "sticky", spec.Upstream},
	{"stream_limit_conn_module", "limit_conn", spec.Stream},
	{"stream_access_module", "allow", spec.Stream},
	{"stream_geo_module", "geo", spec.Stream},
	{"stream_map_module", "map", spec.Stream},
	{"stream_split_clients_module", "split_clients", spec.Stream},
	{"stream_return_module", "return", spec.StreamServer},
	{"stream_pass_module", "pass", spec.StreamServer},
	{"stream_set_module", "set", spec.StreamServer},
	{"stream_upstream_hash_module", "hash", spec.StreamUpstream},
	{"stream_upstream_least_conn_module", "least_conn", spec.StreamUpstream},
	{"stream_upstream_least_time_module", "least_time", spec.StreamUpstream},
	{"stream_upstream_random_module", "random", spec.StreamUpstream},
	{"stream_upstream_zone_module", "zone", spec.StreamUpstream},
}

// configureArguments returns the arguments of configure with which nginx would
// have the modules of t, each with a space before it. Programs read them to
// learn what they can use.
func configureArguments(t *spec.Table, l layout) string {
	var b strings.Builder
	add := func(parts ...string) { b.WriteString(" --" + strings.Join(parts, "")) }
	add("prefix=", l.prefix)
	add("conf-path=", under(l.prefix, l.conf))
	add("error-log-path=", under(l.prefix, l.errorLog))
	add("pid-path=", under(l.prefix, l.pid))
	for _, a := range additional {
		if a.isIn(t) {
			add("with-", a.name)
		}
	}
	stream := (&argument{"", "stream", spec.Main}).isIn(t)
	for _, a := range ordinary {
		if !a.isIn(t) && (stream || !strings.HasPrefix(a.name, "stream_")) {
			add("without-", a.name)
		}
	}
	return b.String()
}

// works reports whether it is not enough that the directive is accepted: who
// asks for HTTP/2 gets an answer, but programs that look for it would use it.
func (a *argument) works() bool { return a.directive == "http2" }

// isIn reports whether t supports the argument's directive.
func (a *argument) isIn(t *spec.Table) bool {
	for _, e := range t.Lookup(a.directive) {
		if e.In&a.in != 0 && (e.State == spec.Implemented || e.State == spec.Accepted && !a.works()) {
			return true
		}
	}
	return false
}

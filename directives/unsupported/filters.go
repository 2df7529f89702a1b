package unsupported

import "understudy/directives/spec"

// Filters of responses.
var filtersGroups = []group{
	{"http_addition_filter", []row{
		{"add_before_body", anywhere, one, simple},
		{"add_after_body", anywhere, one, simple},
		{"addition_types", anywhere, spec.AtLeast(1), simple},
	}},
	{"http_image_filter", []row{
		{"image_filter", spec.Location, spec.Between(1, 3), simple},
		{"image_filter_jpeg_quality", anywhere, one, simple},
		{"image_filter_webp_quality", anywhere, one, simple},
		{"image_filter_sharpen", anywhere, one, simple},
		{"image_filter_transparency", anywhere, one, simple},
		{"image_filter_interlace", anywhere, one, simple},
		{"image_filter_buffer", anywhere, one, simple},
	}},
	{"http_slice_filter", []row{
		{"slice", anywhere, one, simple},
	}},
	{"http_ssi_filter", []row{
		{"ssi", anywhere | spec.LocationIf, one, simple},
		{"ssi_silent_errors", anywhere, one, simple},
		{"ssi_ignore_recycled_buffers", anywhere, one, simple},
		{"ssi_min_file_chunk", anywhere, one, simple},
		{"ssi_value_length", anywhere, one, simple},
		{"ssi_types", anywhere, spec.AtLeast(1), simple},
		{"ssi_last_modified", anywhere, one, simple},
	}},
	{"http_userid_filter", []row{
		{"userid", anywhere, one, simple},
		{"userid_service", anywhere, one, simple},
		{"userid_name", anywhere, one, simple},
		{"userid_domain", anywhere, one, simple},
		{"userid_path", anywhere, one, simple},
		{"userid_expires", anywhere, one, simple},
		{"userid_flags", anywhere, spec.Between(1, 3), simple},
		{"userid_p3p", anywhere, one, simple},
		{"userid_mark", anywhere, one, simple},
	}},
	{"http_xslt_filter", []row{
		{"xml_entities", anywhere, one, simple},
		{"xml_external_entities", anywhere, one, simple},
		{"xslt_stylesheet", spec.Location, spec.AtLeast(1), simple},
		{"xslt_param", anywhere, spec.Exactly(2), simple},
		{"xslt_string_param", anywhere, spec.Exactly(2), simple},
		{"xslt_types", anywhere, spec.AtLeast(1), simple},
		{"xslt_last_modified", anywhere, one, simple},
	}},
}

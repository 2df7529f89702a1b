package unsupported

import "understudy/directives/spec"

// Filters of responses.
var filtersGroups = []group{
	{"http_image_filter", []row{
		{"image_filter", spec.Location, spec.Between(1, 3), simple},
		{"image_filter_jpeg_quality", anywhere, one, simple},
		{"image_filter_webp_quality", anywhere, one, simple},
		{"image_filter_sharpen", anywhere, one, simple},
		{"image_filter_transparency", anywhere, one, simple},
		{"image_filter_interlace", anywhere, one, simple},
		{"image_filter_buffer", anywhere, one, simple},
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

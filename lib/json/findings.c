/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/json/findings.h"

struct json_object *nb_json_findings(const struct nb_findings *findings)
{
	struct json_object *list = nb_json_list();

	for (size_t i = 0; i < findings->n; i++) {
		const struct nb_finding *finding = &findings->items[i];
		struct json_object *map = nb_json_map();

		nb_json_set_string(map, "id", finding->id);
		nb_json_set_string(map, "severity", nb_finding_severity_name(finding->severity));
		nb_json_set_string(map, "slaves", finding->slaves);
		nb_json_set_string(map, "seen", finding->seen);
		nb_json_set_string(map, "means", finding->means);
		nb_json_set_string(map, "cause", finding->cause);
		nb_json_set_string(map, "mend", finding->mend);
		nb_json_add(list, map);
	}
	return list;
}

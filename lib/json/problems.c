/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/json/problems.h"

static void set_place(
	struct json_object *map, const struct nb_diag *diag, const struct nb_mark *mark)
{
	if (mark->file == 0 || mark->file > diag->n_sources)
		return;
	nb_json_set_string(map, "file", diag->sources[mark->file - 1].name);
	if (mark->line)
		nb_json_set_number(map, "line", mark->line);
	if (mark->column)
		nb_json_set_number(map, "column", mark->column);
}

struct json_object *nb_json_problems(const struct nb_diag *diag)
{
	static const char *const severities[] = {
		[NB_SEVERITY_NOTE] = "note",
		[NB_SEVERITY_WARNING] = "warning",
		[NB_SEVERITY_ERROR] = "error",
	};
	struct json_object *list = nb_json_list();

	for (size_t i = 0; i < diag->n_problems; i++) {
		const struct nb_problem *problem = &diag->problems[i];
		struct json_object *map = nb_json_map();

		nb_json_set_string(map, "severity", severities[problem->severity]);
		set_place(map, diag, &problem->mark);
		nb_json_set_string(map, "object", problem->object);
		nb_json_set_string(map, "text", problem->text);
		nb_json_set_string(map, "hint", problem->hint);
		if (problem->other.file) {
			struct json_object *other = nb_json_map();

			set_place(other, diag, &problem->other);
			nb_json_set(map, "other", other);
		}
		nb_json_add(list, map);
	}
	return list;
}

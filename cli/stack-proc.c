/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/stack-proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/util.h"

/* ETH_P_* and ETH_P_802_* of linux/if_ether.h */
static const struct {
	const char *type, *name;
} types[] = {
	{ "ALL", "every frame: somebody captures" },
	{ "0001", "802.3 frames" },
	{ "0004", "802.2 LLC (spanning tree, ...)" },
	{ "0800", "IPv4" },
	{ "0806", "ARP" },
	{ "8100", "VLAN" },
	{ "86dd", "IPv6" },
	{ "8809", "LACP, to a program" },
	{ "8847", "MPLS" },
	{ "8863", "PPPoE discovery" },
	{ "8864", "PPPoE" },
	{ "88a8", "VLAN (802.1ad)" },
	{ "88cc", "LLDP" },
	{ "88e1", "HomePlug" },
	{ "88f5", "MVRP" },
	{ "88f7", "PTP" },
	{ "8906", "FCoE" },
};

static const char *name_of(const char *type)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(types); i++) {
		if (nb_streq(types[i].type, type))
			return types[i].name;
	}
	return "";
}

/* The next line into a buffer. Return: where the one behind it begins, NULL at the end. */
static const char *next_line(const char *text, char *into, size_t size)
{
	size_t length = strcspn(text, "\n");

	if (!*text)
		return NULL;
	snprintf(into, size, "%.*s", (int)NB_MIN(length, size - 1), text);
	return text + length + (text[length] == '\n');
}

/* The device may be missing: then two words stand there, and a blank in its place. */
struct json_object *nbc_proc_ptype(const char *text)
{
	struct json_object *list = nb_json_list();
	char line[256];

	while ((text = next_line(text, line, sizeof(line)))) {
		char type[16], one[64], two[64];
		int n = sscanf(line, "%15s %63s %63s", type, one, two);
		struct json_object *map;
		bool device;

		if (n < 2 || nb_streq(type, "Type"))
			continue;
		/* "0800          ip_rcv", "0004          llc_rcv [llc]", "ALL  eth0     packet_rcv" */
		device = n == 3 && two[0] != '[';
		map = nb_json_map();
		nb_json_set_string(map, "type", type);
		nb_json_set_string(map, "name", name_of(type));
		nb_json_set_string(map, "device", device ? one : "");
		nb_json_set_string(map, "function", device ? two : one);
		nb_json_add(list, map);
	}
	return list;
}

struct json_object *nbc_proc_protocols(const char *text)
{
	struct json_object *list = nb_json_list();
	char line[512];

	while ((text = next_line(text, line, sizeof(line)))) {
		struct json_object *map;
		char name[32];
		int64_t size, sockets;

		if (sscanf(line, "%31s %" SCNd64 " %" SCNd64, name, &size, &sockets) != 3 || sockets <= 0)
			continue;
		map = nb_json_map();
		nb_json_set_string(map, "name", name);
		nb_json_set_number(map, "sockets", sockets);
		nb_json_add(list, map);
	}
	return list;
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* "Tcp: InSegs OutSegs" with "Tcp: 12 34" below it */
static void add_pairs(const char *names, const char *numbers, struct json_object *into)
{
	size_t prefix = strcspn(names, ":");

	if (strncmp(names, numbers, prefix + 1) != 0)
		return;
	names = skip_blanks(names + prefix + 1);
	for (const char *number = skip_blanks(numbers + prefix + 1); *names && *number;) {
		size_t length = strcspn(names, " \t\n"), digits = strcspn(number, " \t\n");
		char key[128];

		snprintf(key, sizeof(key), "%.*s%.*s", (int)NB_MIN(prefix, (size_t)32), numbers,
			(int)NB_MIN(length, (size_t)64), names);
		nb_json_set_number(into, key, strtoll(number, NULL, 10));
		names = skip_blanks(names + length);
		number = skip_blanks(number + digits);
	}
}

void nbc_proc_counters(const char *text, struct json_object *into)
{
	static const size_t size = 16384;
	NB_CLEANUP(nb_freep) char *line = malloc(size);
	NB_CLEANUP(nb_freep) char *names = calloc(1, size);

	while (line && names && (text = next_line(text, line, size))) {
		char key[64];
		int64_t value;

		if (!strchr(line, ':')) {
			if (sscanf(line, "%63s %" SCNd64, key, &value) == 2)
				nb_json_set_number(into, key, value);
		} else if (*names) {
			add_pairs(names, line, into);
			*names = '\0';
		} else {
			strcpy(names, line);
		}
	}
}

char *nbc_proc_read(const char *name)
{
	struct nb_text text = { 0 };
	char path[64], part[4096];
	FILE *file;
	size_t n;

	/* Of this process: /proc/net alone may be hidden by a sandbox, and is that of its first thread. */
	snprintf(path, sizeof(path), "/proc/self/net/%s", name);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	nb_text_add(&text, "%s", "");
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		nb_text_add(&text, "%.*s", (int)n, part);
	fclose(file);
	if (text.failed)
		nb_text_done(&text);
	return text.text;
}

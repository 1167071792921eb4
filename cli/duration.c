/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/duration.h"

#include <errno.h>
#include <inttypes.h>

#define SECONDS_MAX (366 * UINT64_C(86400))
#define USEC_PER_SEC UINT64_C(1000000)

static const struct {
	char letter;
	uint64_t seconds;
} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

static uint64_t unit_of(char letter)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(units); i++) {
		if (units[i].letter == letter)
			return units[i].seconds;
	}
	return 0;
}

int nbc_duration_parse(const char *text, uint64_t *ret_usec)
{
	uint64_t total = 0;

	if (!*text)
		return -EINVAL;
	while (*text) {
		uint64_t number = 0, unit = 1;

		if (*text < '0' || *text > '9')
			return -EINVAL;
		for (; *text >= '0' && *text <= '9' && number <= SECONDS_MAX; text++)
			number = number * 10 + (uint64_t)(*text - '0');
		if (*text)
			unit = unit_of(*text++);
		if (unit == 0 || number > SECONDS_MAX)
			return -EINVAL;
		total += number * unit;
		if (total > SECONDS_MAX)
			return -EINVAL;
	}
	*ret_usec = total * USEC_PER_SEC;
	return 0;
}

void nbc_duration_say(uint64_t usec, struct nb_text *out)
{
	/* What is left of a second is one still. */
	uint64_t seconds = (usec + USEC_PER_SEC - 1) / USEC_PER_SEC;
	unsigned said = 0;

	for (size_t i = 0; i < NB_ARRAY_SIZE(units) && said < 2; i++) {
		uint64_t n = seconds / units[i].seconds;

		if (n == 0)
			continue;
		nb_text_add(out, "%" PRIu64 "%c", n, units[i].letter);
		seconds -= n * units[i].seconds;
		said++;
	}
	if (!said)
		nb_text_add(out, "0s");
}

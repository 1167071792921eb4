/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lib/nl/netns.h"
#include "lib/nl/snapshot.h"

static void add(struct nb_netns *ns, int ifindex, const char *name, int lower)
{
	struct nb_link *link = nb_link_new(name);

	assert_non_null(link);
	link->ifindex = ifindex;
	link->lower = lower;
	assert_int_equal(nb_netns_add(ns, link), 0);
}

static void test_links_are_sorted_by_ifindex(void **state)
{
	struct nb_link c = { .ifindex = 300 }, a = { .ifindex = 1 }, b = { .ifindex = 40 };
	struct nb_link *links[] = { &c, &a, &b }; /* as a dump gives them */

	nb_snapshot_sort(links, NB_ARRAY_SIZE(links));
	assert_ptr_equal(links[0], &a);
	assert_ptr_equal(links[1], &b);
	assert_ptr_equal(links[2], &c);
}

static void test_ends_of_a_pair_do_not_lie_upon_each_other(void **state)
{
	struct nb_netns ns = { 0 };

	add(&ns, 1, "veth0", 2);
	add(&ns, 2, "veth1", 1);
	add(&ns, 3, "vlan5", 2);  /* lies upon veth1 */
	add(&ns, 4, "vlan6", 99); /* upon one that came later */
	nb_snapshot_peers(&ns);
	assert_int_equal(nb_netns_link(&ns, 0)->lower, 0);
	assert_int_equal(nb_netns_link(&ns, 1)->lower, 0);
	assert_int_equal(nb_netns_link(&ns, 2)->lower, 2);
	assert_int_equal(nb_netns_link(&ns, 3)->lower, 99);
	nb_netns_drop_links(&ns);
}

static void test_own_namespace_is_observed_without_rights(void **state)
{
	struct nb_spaces spaces = { 0 };
	struct nb_state *seen = NULL;
	struct nb_diag diag = { 0 };
	const struct nb_link *lo;

	assert_int_equal(nb_snapshot_take(&spaces, NULL, 0, NB_SNAPSHOT_DRIVERS, &seen, &diag), 0);
	assert_int_equal(seen->n_namespaces, 1);
	assert_true(seen->namespaces[0]->exists);
	assert_true(seen->namespaces[0]->inode != 0);
	lo = nb_netns_find_index(seen->namespaces[0], 1);
	assert_non_null(lo);
	assert_true(lo->flags & IFF_LOOPBACK);
	assert_ptr_equal(nb_netns_find(seen->namespaces[0], lo->name), lo);
	/* One dump of links, one of addresses, one of routes for each of four protocols. */
	assert_int_equal(nb_spaces_requests(&spaces), 6);
	nb_state_free(seen);
	nb_spaces_done(&spaces);
}

static void test_namespace_that_is_not_there_is_told_so(void **state)
{
	char *names[] = { (char *)"no-such-namespace-xyz", (char *)"" };
	struct nb_spaces spaces = { 0 };
	struct nb_state *seen = NULL;
	struct nb_diag diag = { 0 };

	assert_int_equal(nb_snapshot_take(&spaces, names, 2, 0, &seen, &diag), 0);
	assert_int_equal(seen->n_namespaces, 2);
	assert_false(nb_state_namespace(seen, names[0])->exists);
	assert_int_equal(nb_state_namespace(seen, names[0])->links.n, 0);
	nb_state_free(seen);
	nb_spaces_done(&spaces);
}

static void test_impossible_namespace_is_an_error(void **state)
{
	static const char *const names[] = { "a/b", "..", "." };

	for (size_t i = 0; i < NB_ARRAY_SIZE(names); i++) {
		char *list[] = { (char *)names[i] };
		struct nb_spaces spaces = { 0 };
		struct nb_state *seen = NULL;
		struct nb_diag diag = { 0 };

		assert_false(nb_netns_name_ok(names[i]));
		assert_int_equal(nb_snapshot_take(&spaces, list, 1, 0, &seen, &diag), -EBADMSG);
		assert_int_equal(diag.n_errors, 1);
		assert_non_null(strstr(diag.problems[0].text, "cannot be the name of a namespace"));
		nb_diag_done(&diag);
		nb_spaces_done(&spaces);
	}
}

static int refuse_to_enter(void *context, const char *name, int *ret_fd, int *ret_socket)
{
	return *(const int *)context;
}

/* One namespace that cannot be looked into does not hide the rest of the machine. */
static void test_namespace_that_cannot_be_entered_hides_no_other(void **state)
{
	static const struct {
		int error;
		const char *said;
	} cases[] = {
		{ -ENOTCONN, "namespace storage: netbond-nsd, which opens namespaces" },
		{ -EMEDIUMTYPE, "/run/netns/storage is no network namespace" },
		{ -ELOOP, "/run/netns/storage is no network namespace" },
		{ -EACCES, "namespace storage needs root" },
		{ -EPERM, "namespace storage needs root" },
		{ -EMFILE, "namespace storage: Too many open files" },
		{ -524, "namespace storage: Operation not supported" },
	};
	char *names[] = { (char *)"storage" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		int error = cases[i].error;
		const struct nb_netns_provider provider = {
			.context = &error, .enter = refuse_to_enter
		};
		struct nb_spaces spaces = { .provider = &provider };
		struct nb_state *seen = NULL;
		struct nb_diag diag = { 0 };

		NB_CASE("%s", cases[i].said);
		assert_int_equal(nb_snapshot_take(&spaces, names, 1, 0, &seen, &diag), 0);
		assert_true(seen->namespaces[0]->links.n > 0);
		assert_true(nb_state_namespace(seen, "storage")->exists);
		assert_true(nb_state_namespace(seen, "storage")->unreadable);
		assert_int_equal(diag.n_errors, 1);
		assert_ptr_equal(strstr(diag.problems[0].text, cases[i].said), diag.problems[0].text);
		nb_diag_done(&diag);
		nb_state_free(seen);
		nb_spaces_done(&spaces);
	}
}

static void test_names_of_namespaces(void **state)
{
	char name[258];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	assert_true(nb_netns_name_ok(name));
	name[255] = 'n';
	name[256] = '\0';
	assert_false(nb_netns_name_ok(name));
	assert_false(nb_netns_name_ok(""));
	assert_true(nb_netns_name_ok("..."));
	assert_true(nb_netns_name_ok("tenant a"));
}

static void test_looked_up_names_are_kept_and_forgotten(void **state)
{
	struct nb_spaces spaces = { 0 };
	struct nb_space *own, *again;
	char name[IFNAMSIZ];

	assert_int_equal(nb_spaces_get(&spaces, "", &own), 0);
	assert_int_equal(nb_space_name(own, 1, name), 0);
	assert_int_equal(nb_space_index(own, name), 1);
	assert_int_equal(own->names.n_used, 1);
	assert_int_equal(nb_space_index(own, name), 1);
	assert_int_equal(own->names.n_used, 1);
	nb_space_forget(own, name);
	nb_space_forget(own, "never-seen");
	assert_int_equal(nb_space_index(own, name), 1);
	assert_int_equal(own->names.n_used, 1);
	assert_int_equal(nb_space_index(own, ""), -ENODEV);
	assert_int_equal(nb_space_index(own, "sixteen-bytes-xx"), -ENODEV);
	assert_int_equal(nb_spaces_renew(&spaces, "", &again), 0);
	assert_ptr_equal(again, own);
	assert_int_equal(own->names.n_used, 0);
	assert_int_equal(nb_spaces_requests(&spaces), 0);
	nb_spaces_done(&spaces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links_are_sorted_by_ifindex),
		cmocka_unit_test(test_ends_of_a_pair_do_not_lie_upon_each_other),
		cmocka_unit_test(test_own_namespace_is_observed_without_rights),
		cmocka_unit_test(test_namespace_that_is_not_there_is_told_so),
		cmocka_unit_test(test_impossible_namespace_is_an_error),
		cmocka_unit_test(test_namespace_that_cannot_be_entered_hides_no_other),
		cmocka_unit_test(test_names_of_namespaces),
		cmocka_unit_test(test_looked_up_names_are_kept_and_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

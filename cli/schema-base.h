/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The part of the JSON Schema that is no option: shapes of bonds, slaves, addresses, routes,
 * namespaces. JSON with ' for ", as json-c reads it where it is not told to be strict.
 */
extern const char nbc_schema_base[];

/* links: up_proxy up_format */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden_cases.h"

int main(void)
{
    static char space[] = "nb201";
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(golden_cases, space)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

"""Integration tests of what an emulator lacks, with the reason: skipped where that emulator answers, nowhere else."""

from billproof_ops.local.emulators import Emulator

NO_API = "it has no HTTP API"
NO_LOGS = "what functions log there does not reach CloudWatch Logs"

LACKING: dict[Emulator, dict[str, str]] = {
    Emulator.MINISTACK: {},
    Emulator.LOCALSTACK: {
        "test_a_schedule_really_starts_its_workflow": "its Scheduler keeps schedules and runs none",
        "test_a_window_of_the_bus_is_replayed_and_its_events_count_once": "its replay of an archive fails inside",
        "test_usage_that_is_sent_over_http_is_in_the_log": NO_API,
        "test_the_call_of_the_page_is_answered": NO_API,
        "test_a_month_is_read_over_http_from_its_run_to_each_document": NO_API,
        "test_who_is_no_person_of_the_policy_reads_nothing": NO_API,
        "test_a_call_without_a_signature_reaches_no_function": NO_API,
        "test_a_billed_month_is_told_to_an_endpoint_and_told_again": NO_API,
        "test_a_signed_call_is_answered_and_what_is_wrong_is_a_problem_document": NO_API,
        "test_who_is_no_person_of_the_policy_asks_for_nothing": NO_API,
        "test_a_person_decides_by_a_token_and_the_decision_is_proved": NO_API,
        "test_a_store_is_restored_and_what_was_in_flight_comes_back": "the tables are those that MiniStack saved",
        "test_a_sender_that_is_not_verified_is_named": "its SES calls every sender verified",
        "test_a_dead_letter_says_why_it_failed": NO_LOGS,
        "test_a_message_that_fails_is_said_before_and_after_it_is_dead": NO_LOGS,
        "test_a_token_that_is_not_ours_reaches_no_function": NO_API,
        "test_each_is_called_for_as_who_is_signed_in": NO_API,
        "test_a_link_opens_its_document_and_its_files_and_nothing_opens_without_one": NO_API,
        "test_a_path_of_no_route_is_a_problem_document_and_a_change_is_signed_too": NO_API,
    },
}

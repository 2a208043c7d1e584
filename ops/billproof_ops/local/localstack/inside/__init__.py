"""What runs in LocalStack's own interpreter: functions as processes, and nothing that is downloaded at run time."""

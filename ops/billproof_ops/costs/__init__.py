"""What a deployment costs: prices of AWS, units that were measured, and the estimate of both."""

"""What a model is: labels, encoders and heads, bundles, decoding."""
